package engine

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"

	"minuet/orchestrator/machine"
)

// tokenVersion is the format that encodeToken writes.
const tokenVersion = 1

// token is the inside of a task token.
type token struct {
	Version   int              `json:"v"`
	Execution string           `json:"x"`
	Branch    machine.BranchID `json:"b,omitempty"`
	Seq       int              `json:"n"`
	Nonce     string           `json:"s"`
}

// encodeToken returns the token of the attempt at the Task that the record key has entered.
func encodeToken(key machine.Key, nonce string) string {
	text, err := json.Marshal(token{tokenVersion, key.Execution, key.Branch, key.Seq, nonce})
	if err != nil {
		panic(err) // strings and a number always marshal
	}
	return base64.StdEncoding.EncodeToString(text)
}

// maxToken is AWS's bound on a token's length.
const maxToken = 2048

// decodeToken reads a token; ok is false where it is malformed.
func decodeToken(text string) (key machine.Key, nonce string, ok bool) {
	if len(text) > maxToken {
		return key, "", false
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return key, "", false
	}
	var t token
	if json.Unmarshal(data, &t) != nil || t.Version != tokenVersion || t.Nonce == "" {
		return key, "", false
	}
	return machine.Key{Execution: t.Execution, Branch: t.Branch, Seq: t.Seq}, t.Nonce, true
}

// sameNonce compares in constant time.
func sameNonce(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// tokenEncoding is how page tokens are written.
var tokenEncoding = base64.StdEncoding
