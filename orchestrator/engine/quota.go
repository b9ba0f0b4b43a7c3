package engine

import "sync"

// quota bounds how many executions run at a time. It counts names, so that whatever is told twice counts once.
type quota struct {
	most int64 // 0: no bound, and nothing is counted
	mu   sync.Mutex
	open map[string]struct{}
}

// enter takes a place; ok is false when there is none.
func (q *quota) enter(arn string) (ok bool) {
	if q.most == 0 {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, in := q.open[arn]; !in && int64(len(q.open)) >= q.most {
		return false
	}
	q.add(arn)
	return true
}

// resume counts an execution that has a place already.
func (q *quota) resume(arn string) {
	if q.most > 0 {
		q.mu.Lock()
		q.add(arn)
		q.mu.Unlock()
	}
}

func (q *quota) add(arn string) {
	if q.open == nil {
		q.open = map[string]struct{}{}
	}
	q.open[arn] = struct{}{}
}

// leave gives a place back.
func (q *quota) leave(arn string) {
	if q.most > 0 {
		q.mu.Lock()
		delete(q.open, arn)
		q.mu.Unlock()
	}
}
