package engine

import (
	"context"
	"fmt"
	"slices"

	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// History implements [Service].
func (e *Engine) History(ctx context.Context, q HistoryQuery) ([]machine.Event, string, error) {
	if _, err := e.known(ctx, q.ARN); err != nil {
		return nil, "", err
	}
	r, err := e.run(ctx, q.ARN)
	if err != nil {
		return nil, "", err
	}
	page := pageToken{ARN: q.ARN, Reverse: q.Reverse}
	if q.Token != "" {
		var ok bool
		if page, ok = parsePageToken(q.Token); !ok || page.ARN != q.ARN || page.Reverse != q.Reverse {
			return nil, "", Errorf("InvalidToken", "Invalid Token: 'Invalid token'")
		}
	}
	log, latest, err := e.log(ctx, r, page.CutOff)
	if err != nil {
		return nil, "", err
	}
	if page.CutOff == 0 {
		page.CutOff = latest
	}
	events := r.program.History(r.view, log)
	if q.Reverse {
		slices.Reverse(events)
	}
	if page.Next > len(events) {
		return nil, "", Errorf("InvalidToken", "Invalid Token: 'Invalid token'")
	}
	events = events[page.Next:]
	if len(events) <= q.Limit {
		return events, "", nil
	}
	page.Next += q.Limit
	return events[:q.Limit], page.String(), nil
}

// log loads all that is stored of an execution's course up to a cut-off, 0 for all, and says when the last of it was.
func (e *Engine) log(ctx context.Context, r *run, cutOff machine.Stamp) (machine.Log, machine.Stamp, error) {
	log := machine.Log{Records: map[machine.BranchID][]*machine.Record{}, Attempts: map[machine.Key]machine.Attempt{}}
	latest := r.At
	err := e.Store.ScanRecords(ctx, r.ARN, func(key machine.Key, data []byte) error {
		rec, err := machine.DecodeRecord(key, data)
		if err != nil || cutOff != 0 && rec.At > cutOff {
			return err
		}
		if rec.Seq != len(log.Records[key.Branch])+1 {
			return fmt.Errorf("record %s: its predecessor is missing", key)
		}
		log.Records[key.Branch] = append(log.Records[key.Branch], rec)
		latest = max(latest, rec.At)
		return nil
	})
	if err != nil {
		return log, latest, err
	}
	err = e.Store.ScanClaims(ctx, r.ARN, func(c *Claim) error {
		if cutOff != 0 && c.At > cutOff {
			return nil
		}
		latest = max(latest, c.At)
		a := machine.Attempt{At: c.At, Token: claimToken(c)}
		if s := c.Submitted; s != nil && (cutOff == 0 || s.At <= cutOff) {
			out, err := value.Parse(s.Output)
			if err != nil {
				return fmt.Errorf("claim %s: %w", c.Key, err)
			}
			a.Submitted = &machine.SubmittedTask{At: s.At, Output: out}
			latest = max(latest, s.At)
		}
		log.Attempts[c.Key] = a
		return nil
	})
	return log, latest, err
}
