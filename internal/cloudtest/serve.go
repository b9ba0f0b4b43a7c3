//go:build engines

package cloudtest

import (
	"io"
	"log"
	"net"
	"net/http"
	"testing"
	"time"
)

// serve serves handler at address until the test ends, and returns its URL.
func serve(t testing.TB, address string, handler http.Handler) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(listener) // ends with ErrServerClosed
	}()
	t.Cleanup(func() {
		server.Close()
		<-served
	})
	return "http://" + listener.Addr().String()
}
