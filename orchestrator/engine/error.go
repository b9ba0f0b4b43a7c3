package engine

import "fmt"

// Error is a refusal with AWS's code and message, fit to be shown to a caller. Whatever else goes wrong is an internal
// error, whose text stays inside.
type Error struct {
	Code    string // "ExecutionDoesNotExist", "InvalidArn", ...
	Message string // as AWS words it
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf returns an [Error].
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
