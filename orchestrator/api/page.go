package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"minuet/orchestrator/engine"
)

// defaultPage is how many results a page has when the request does not say.
const defaultPage = 100

// pageSize returns how many results a request wants; the model has bounded them.
func pageSize(maxResults *int64) int {
	if n := orZero(maxResults); n > 0 {
		return int(n)
	}
	return defaultPage
}

// query is what a page token is good for: the operation and all that selects its results.
type query []string

// tokenCheck is how many bytes of a token tie it to its query.
const tokenCheck = 9

// token returns the page token for what follows after, "" for nothing. It is opaque to clients, not secret: one that is made
// up leads to the caller's own results.
func (q query) token(after string) string {
	if after == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(q.check(after), after...))
}

// after takes a token of the same query apart.
func (q query) after(token *string) (string, error) {
	if token == nil {
		return "", nil
	}
	data, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil || len(data) <= tokenCheck || !bytes.Equal(data[:tokenCheck], q.check(string(data[tokenCheck:]))) {
		return "", errToken
	}
	return string(data[tokenCheck:]), nil
}

var errToken = engine.Errorf("InvalidToken", "Invalid Token: 'Invalid token'")

func (q query) check(after string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(append(q[:len(q):len(q)], after), "\x00")))
	return sum[:tokenCheck]
}
