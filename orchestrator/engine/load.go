package engine

import (
	"context"
	"errors"
	"fmt"

	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// run is an execution with what it runs; it never changes.
type run struct {
	*Execution // as it was started: Status and what follows mean nothing here
	machine    *Machine
	program    *machine.Program
	view       *machine.Execution
}

// fork is a position at which a branch has forked, with what its children start from.
type fork struct {
	pos    *machine.Position
	inputs *machine.Children
}

// run loads an execution.
func (e *Engine) run(ctx context.Context, arn string) (*run, error) {
	if r, ok := e.runs.Get(arn); ok {
		return r, nil
	}
	x, err := e.Store.Execution(ctx, arn)
	if err != nil {
		return nil, fmt.Errorf("load execution %s: %w", arn, err)
	}
	return e.prepare(ctx, x)
}

// prepare makes an execution ready to run.
func (e *Engine) prepare(ctx context.Context, x *Execution) (*run, error) {
	m, err := e.Machines.Revision(ctx, x.Machine, x.Revision)
	if err != nil {
		return nil, fmt.Errorf("load the definition of execution %s: %w", x.ARN, err)
	}
	input, err := value.Parse(x.Input)
	if err != nil {
		return nil, fmt.Errorf("input of execution %s: %w", x.ARN, err)
	}
	r := &run{Execution: x, machine: m, program: e.program(m), view: &machine.Execution{
		ARN: x.ARN, Name: x.Name, Input: input, InputText: string(x.Input), Start: x.At,
		RoleARN: m.RoleARN, MachineARN: m.ARN, MachineName: m.Name,
	}}
	e.runs.Add(x.ARN, r)
	return r, nil
}

// position loads the position at a record. issued is when the child was issued if that is known and the record is its
// number 0.
func (e *Engine) position(ctx context.Context, r *run, key machine.Key, issued machine.Stamp) (*machine.Position, error) {
	if key.Seq == 0 {
		if key.Branch == machine.Root {
			return &machine.Position{Record: r.program.StartRecord(r.view)}, nil
		}
		return e.child(ctx, r, key.Branch, issued)
	}
	data, err := e.Store.Record(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("load record %s: %w", key, err)
	}
	rec, err := machine.DecodeRecord(key, data)
	if err != nil {
		return nil, err
	}
	return e.at(ctx, r, rec)
}

// standing makes the position at a record that has its values.
func (e *Engine) standing(ctx context.Context, r *run, rec *machine.Record) *machine.Position {
	pos := &machine.Position{Record: rec}
	if rec.Branch != machine.Root {
		pos.Outer = e.outer(ctx, r, rec.Branch)
	}
	return pos
}

// at makes the position at a record that was just decoded: it loads the values that the record only refers to.
func (e *Engine) at(ctx context.Context, r *run, rec *machine.Record) (*machine.Position, error) {
	if rec.Data.Seq != rec.Seq {
		held, err := e.position(ctx, r, machine.Key{Execution: rec.Execution, Branch: rec.Branch, Seq: rec.Data.Seq}, 0)
		if err != nil {
			return nil, err
		}
		rec.Data.Value = held.Data.Value
	}
	if rec.Vars.Seq != rec.Seq {
		held, err := e.position(ctx, r, machine.Key{Execution: rec.Execution, Branch: rec.Branch, Seq: rec.Vars.Seq}, 0)
		if err != nil {
			return nil, err
		}
		rec.Vars.Value = held.Vars.Value
	}
	return e.standing(ctx, r, rec), nil
}

// outer returns what tells a child of its fork, loaded when it is asked for.
func (e *Engine) outer(ctx context.Context, r *run, branch machine.BranchID) func() machine.Outer {
	return func() machine.Outer {
		f, index, err := e.forkOf(ctx, r, branch)
		if err != nil {
			e.Log.ErrorContext(ctx, "load fork", "execution", r.ARN, "branch", branch, "error", err)
			return machine.Outer{}
		}
		return f.pos.Within(f.inputs, index, nil).Outer()
	}
}

// forkOf loads the fork that a child belongs to, and the child's index.
func (e *Engine) forkOf(ctx context.Context, r *run, branch machine.BranchID) (*fork, int, error) {
	parent, seq, index, ok := branch.Parent()
	if !ok {
		return nil, 0, fmt.Errorf("execution %s has no branch %q", r.ARN, branch)
	}
	f, err := e.fork(ctx, r, machine.Key{Execution: r.ARN, Branch: parent, Seq: seq})
	if err == nil && index >= f.pos.Children {
		err = fmt.Errorf("execution %s has no branch %q", r.ARN, branch)
	}
	return f, index, err
}

func (e *Engine) fork(ctx context.Context, r *run, key machine.Key) (*fork, error) {
	if f, ok := e.forks.Get(key); ok {
		return f, nil
	}
	pos, err := e.position(ctx, r, key, 0)
	if err != nil {
		return nil, err
	}
	return e.forkAt(r, pos)
}

func (e *Engine) forkAt(r *run, pos *machine.Position) (*fork, error) {
	if f, ok := e.forks.Get(pos.Key); ok {
		return f, nil
	}
	if pos.Kind != machine.Forked {
		return nil, fmt.Errorf("record %s is not a fork", pos.Key)
	}
	inputs, err := r.program.ChildInputs(r.view, pos)
	if err != nil {
		return nil, err
	}
	f := &fork{pos: pos, inputs: inputs}
	e.forks.Add(pos.Key, f)
	return f, nil
}

// child makes the position at a child's record 0.
func (e *Engine) child(ctx context.Context, r *run, branch machine.BranchID, issued machine.Stamp) (*machine.Position, error) {
	f, index, err := e.forkOf(ctx, r, branch)
	if err != nil {
		return nil, err
	}
	if issued == 0 {
		if issued, err = e.issued(ctx, f.pos, index); err != nil {
			return nil, err
		}
	}
	rec, err := r.program.ChildRecord(f.inputs, f.pos, index, issued)
	if err != nil {
		return nil, err
	}
	return f.pos.Within(f.inputs, index, rec), nil
}

// issued finds out when a child was issued: with the fork, or when so many children had ended well that its turn came.
func (e *Engine) issued(ctx context.Context, f *machine.Position, index int) (machine.Stamp, error) {
	if f.Window == 0 || index < f.Window {
		return f.At, nil
	}
	j, err := e.Store.Join(ctx, f.Key, f.Children, f.Window)
	if err != nil {
		return 0, fmt.Errorf("load join %s: %w", f.Key, err)
	}
	ends, err := e.ends(ctx, f, j.Done)
	if err != nil {
		return 0, err
	}
	stamps := make([]machine.Stamp, len(ends))
	for i, end := range ends {
		stamps[i] = end.At
	}
	return machine.NthStamp(stamps, index-f.Window, f.At), nil
}

// ends loads the last records of children.
func (e *Engine) ends(ctx context.Context, f *machine.Position, done []ChildEnd) ([]*machine.Record, error) {
	keys := make([]machine.Key, len(done))
	for i, d := range done {
		keys[i] = machine.Key{Execution: f.Execution, Branch: f.Branch.Child(f.Seq, d.Index), Seq: d.Seq}
	}
	datas, err := e.Store.Records(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("load the ends of fork %s: %w", f.Key, err)
	}
	out := make([]*machine.Record, len(keys))
	for i, data := range datas {
		if data == nil {
			return nil, fmt.Errorf("load record %s: %w", keys[i], ErrNotFound)
		}
		if out[i], err = machine.DecodeRecord(keys[i], data); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// tip loads the position at a branch's last record; a branch without stored records stands at its number 0.
func (e *Engine) tip(ctx context.Context, r *run, branch machine.BranchID) (*machine.Position, error) {
	key := machine.Key{Execution: r.ARN, Branch: branch}
	seq, data, err := e.Store.Tip(ctx, r.ARN, branch)
	if errors.Is(err, ErrNotFound) {
		return e.position(ctx, r, key, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("load the tip of %s: %w", key, err)
	}
	key.Seq = seq
	rec, err := machine.DecodeRecord(key, data)
	if err != nil {
		return nil, err
	}
	return e.at(ctx, r, rec)
}
