package main

import "testing"

// Ensure that only names of this machine reach the API.
func TestLoopbackName(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1:8083": true, "localhost:8083": true, "localhost": true, "[::1]:8083": true, "sync-localhost:8083": true,
		"sync-127.0.0.1": true, "states.localhost": true, "evil.example": false, "localhost.evil.example:8083": false, "": false,
	} {
		if got := loopbackName(host); got != want {
			t.Errorf("%q names this machine: %t", host, got)
		}
	}
}
