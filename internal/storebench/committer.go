package main

import "sync"

// op is a put that waits for its commit.
type op struct {
	key, value []byte
	err        error
	done       chan struct{}
}

// committer makes one transaction of all puts that have arrived while the one before was written.
type committer struct {
	commit func([]*op) error
	mu     sync.Mutex
	queue  []*op
	wake   chan struct{}
	quit   chan struct{}
	ended  chan struct{}
}

func newCommitter(commit func([]*op) error) *committer {
	c := &committer{commit: commit, wake: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan struct{})}
	go c.run()
	return c
}

func (c *committer) put(key, value []byte) error {
	o := &op{key: key, value: value, done: make(chan struct{})}
	c.mu.Lock()
	c.queue = append(c.queue, o)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
	<-o.done
	return o.err
}

func (c *committer) run() {
	defer close(c.ended)
	var spare []*op
	for {
		select {
		case <-c.wake:
		case <-c.quit:
			return
		}
		c.mu.Lock()
		batch := c.queue
		c.queue = spare[:0]
		c.mu.Unlock()
		if len(batch) == 0 {
			spare = batch
			continue
		}
		err := c.commit(batch)
		for _, o := range batch {
			if err != nil {
				o.err = err
			}
			close(o.done)
		}
		spare = batch
	}
}

func (c *committer) stop() {
	close(c.quit)
	<-c.ended
}
