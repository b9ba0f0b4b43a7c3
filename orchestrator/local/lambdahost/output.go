package lambdahost

import (
	"encoding/base64"
	"io"
	"sync"
)

// output passes the lines of all processes to one writer.
type output struct {
	mu sync.Mutex
	w  io.Writer
}

// line writes a line of the named function.
func (o *output) line(name, text string) {
	if o.w == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	io.WriteString(o.w, name+": "+text+"\n") // a console that fails must not fail the function
}

// maxTail is what Lambda returns of a log, in bytes.
const maxTail = 4 * 1024

// logTail keeps the end of an invocation's log. What the process prints arrives by a pipe beside its answer, so the last lines
// may miss it. A nil logTail keeps nothing.
type logTail struct {
	mu   sync.Mutex
	text []byte
}

func (t *logTail) line(text string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(append(t.text, text...), '\n')
	if over := len(t.text) - maxTail; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
}

// encode gives the log as LogResult has it.
func (t *logTail) encode() string {
	if t == nil {
		return ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return base64.StdEncoding.EncodeToString(t.text)
}
