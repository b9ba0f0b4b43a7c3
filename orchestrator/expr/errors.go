package expr

// Error is an expression's failure, with the name that a state machine sees.
type Error struct {
	Name  string // "States.Runtime", "States.IntrinsicFailure", ...
	Cause string
}

func (e *Error) Error() string { return e.Name + ": " + e.Cause }

// NotFoundError says that a definite path has led to nothing.
type NotFoundError struct {
	Path   string // as written
	Detail string // in Jayway's words: "No results for path: $['a']"
}

func (e *NotFoundError) Error() string { return "Invalid path '" + e.Path + "' : " + e.Detail }

func runtimeError(cause string) *Error { return &Error{"States.Runtime", cause} }
