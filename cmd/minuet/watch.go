package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// watch follows executions: on a terminal it draws their tree again and again, elsewhere it prints a line for each change.
type watch struct {
	service  engine.Service
	out      io.Writer
	terminal bool
	lines    int               // drawn last, on a terminal
	seen     map[string]string // what was last printed of each execution, elsewhere
}

func newWatch(s engine.Service, out io.Writer) *watch {
	return &watch{service: s, out: out, terminal: isTerminal(out), seen: map[string]string{}}
}

// isTerminal tells whether w is a terminal that takes cursor movements.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// How often an execution is looked at: the longer it runs, the less often.
const (
	firstLook = 30 * time.Millisecond
	lastLook  = time.Second
)

// untilEnd follows an execution and its children to the end of all of them, and returns it.
func (w *watch) untilEnd(ctx context.Context, arn string) (*engine.Execution, error) {
	for pause := firstLook; ; pause = min(pause*5/4, lastLook) {
		t, err := w.tree(ctx, arn)
		if err != nil {
			return nil, err
		}
		w.show(t)
		if t.over() {
			return t.Execution, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// node is an execution with those that its tasks have started.
type node struct {
	*engine.Execution
	name     string   // the state machine's
	states   []string // the states entered so far
	children []*node
}

func (n *node) over() bool {
	return n.Status != machine.Running && !slices.ContainsFunc(n.children, func(c *node) bool { return !c.over() })
}

// tree loads an execution and those below it.
func (w *watch) tree(ctx context.Context, arn string) (*node, error) {
	children := map[string][]string{}
	for q := (engine.ExecutionQuery{Limit: 1000}); ; {
		page, next, err := w.service.ListExecutions(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, x := range page {
			if x.Parent != nil {
				children[x.Parent.Execution] = append(children[x.Parent.Execution], x.ARN)
			}
		}
		if q.After = next; next == "" {
			return w.node(ctx, arn, children)
		}
	}
}

func (w *watch) node(ctx context.Context, arn string, children map[string][]string) (*node, error) {
	x, m, err := w.service.DescribeExecution(ctx, arn)
	if err != nil {
		return nil, err
	}
	n := &node{Execution: x, name: m.Name}
	events, _, err := w.service.History(ctx, engine.HistoryQuery{ARN: arn, Limit: 1000, Reverse: true})
	if err != nil {
		return nil, err
	}
	for _, e := range slices.Backward(events) {
		if strings.HasSuffix(e.Type, "StateEntered") {
			state, _ := e.Details.Get("name")
			n.states = append(n.states, state.Text())
		}
	}
	for _, c := range slices.Backward(children[arn]) {
		child, err := w.node(ctx, c, children)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, child)
	}
	return n, nil
}

// show draws, or prints what has changed.
func (w *watch) show(t *node) {
	if w.terminal {
		lines := t.draw("", "")
		fmt.Fprint(w.out, strings.Repeat("\x1b[A\x1b[2K", w.lines))
		for _, l := range lines {
			fmt.Fprintln(w.out, l)
		}
		w.lines = len(lines)
		return
	}
	w.print(t)
}

func (w *watch) print(n *node) {
	if text := n.headline(); w.seen[n.ARN] != text {
		w.seen[n.ARN] = text
		fmt.Fprintln(w.out, text)
	}
	for _, c := range n.children {
		w.print(c)
	}
}

// headline says what an execution is at.
func (n *node) headline() string {
	text := string(n.Status) + " " + n.name + "/" + n.Name + ": " + path(n.states)
	if n.Status != machine.Running {
		text += " (" + n.End.Time().Sub(n.At.Time()).String() + ")"
	}
	return text
}

// shownStates is how many states of an execution's way are shown: the last ones.
const shownStates = 12

// path shows the way that an execution has taken.
func path(states []string) string {
	var steps []string
	for i := 0; i < len(states); {
		n := i
		for n < len(states) && states[n] == states[i] {
			n++
		}
		step := states[i]
		if n-i > 1 {
			step += fmt.Sprintf(" (%d times)", n-i)
		}
		steps, i = append(steps, step), n
	}
	if len(steps) > shownStates {
		steps = append([]string{"..."}, steps[len(steps)-shownStates:]...)
	}
	return strings.Join(steps, " > ")
}

// draw draws the tree; first is in front of its first line, and more in front of the others.
func (n *node) draw(first, more string) []string {
	lines := []string{first + n.headline()}
	inner := "    "
	if len(n.children) > 0 {
		inner = "│   "
	}
	switch {
	case n.Status == machine.Succeeded:
		lines = append(lines, more+inner+"output "+shorten(string(n.Output), 120))
	case n.Error != nil || n.Cause != nil:
		lines = append(lines, more+inner+"failed "+shorten(deref(n.Error)+" "+deref(n.Cause), 120))
	}
	for i, c := range n.children {
		branch, below := "├── ", "│   "
		if i == len(n.children)-1 {
			branch, below = "└── ", "    "
		}
		lines = append(lines, c.draw(more+branch, more+below)...)
	}
	return lines
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// shorten cuts a text to n characters.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
