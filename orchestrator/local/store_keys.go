package local

import (
	"encoding/binary"
	"fmt"

	"minuet/orchestrator/machine"
)

// Keys are a family's letter and then its parts, so that whatever is asked for together is one range:
//
//	r EXECUTION BRANCH seq              a record
//	c EXECUTION BRANCH seq              a claim
//	j EXECUTION BRANCH seq              a join's counters
//	j EXECUTION BRANCH seq index        a child of it that has succeeded
//	x ARN                               an execution, without
//	i ARN                               its input and
//	o ARN                               its output
//	l MACHINE STATUS -start arn         an execution in a listing; MACHINE and STATUS are empty for any
//	d KIND id                           a document of the catalog
//
// A part in capitals is escaped and terminated, so that none is ambiguous, whatever it contains: 0x00 is 0x00 0xFF, and the
// end is 0x00 0x01. Numbers are 8 bytes, big-endian, and the start is inverted: the latest comes first. The last part, in
// small letters, is as it is.
const (
	recordFamily    = 'r'
	claimFamily     = 'c'
	joinFamily      = 'j'
	executionFamily = 'x'
	inputFamily     = 'i'
	outputFamily    = 'o'
	listFamily      = 'l'
	docFamily       = 'd'
)

const (
	escaped    = 0xFF
	terminator = 0x01
)

func appendPart(key []byte, s string) []byte {
	for i := range len(s) {
		key = append(key, s[i])
		if s[i] == 0 {
			key = append(key, escaped)
		}
	}
	return append(key, 0, terminator)
}

// cutPart takes the first part off a key.
func cutPart(key []byte) (part string, rest []byte, err error) {
	var s []byte
	for i := 0; i+1 < len(key); i++ {
		switch {
		case key[i] != 0:
			s = append(s, key[i])
		case key[i+1] == terminator:
			return string(s), key[i+2:], nil
		case key[i+1] == escaped:
			s = append(s, 0)
			i++
		default:
			return "", nil, errKey(key)
		}
	}
	return "", nil, errKey(key)
}

func cutNumber(key []byte) (n uint64, rest []byte, err error) {
	if len(key) < 8 {
		return 0, nil, errKey(key)
	}
	return binary.BigEndian.Uint64(key), key[8:], nil
}

func errKey(key []byte) error { return fmt.Errorf("store: malformed key %q", key) }

func newKey(family byte, size int) []byte {
	return append(make([]byte, 0, size+24), family)
}

// executionPrefix begins the keys of everything in an execution.
func executionPrefix(family byte, execution string) []byte {
	return appendPart(newKey(family, len(execution)), execution)
}

// branchPrefix begins the keys of everything in a branch.
func branchPrefix(family byte, execution string, branch machine.BranchID) []byte {
	return appendPart(appendPart(newKey(family, len(execution)+len(branch)), execution), string(branch))
}

func placeKey(family byte, k machine.Key) []byte {
	return binary.BigEndian.AppendUint64(branchPrefix(family, k.Execution, k.Branch), uint64(k.Seq))
}

// cutPlace is the inverse of placeKey for a key that begins with the prefix of execution.
func cutPlace(key, prefix []byte, execution string) (machine.Key, error) {
	branch, rest, err := cutPart(key[len(prefix):])
	if err != nil {
		return machine.Key{}, err
	}
	seq, _, err := cutNumber(rest)
	return machine.Key{Execution: execution, Branch: machine.BranchID(branch), Seq: int(seq)}, err
}

func childKey(join []byte, index int) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, len(join)+8), join...), uint64(index))
}

func arnKey(family byte, arn string) []byte {
	return append(newKey(family, len(arn)), arn...)
}

// listPrefix begins the keys of the executions of a machine, or any, in a status, or any.
func listPrefix(machineARN string, status machine.Status) []byte {
	return appendPart(appendPart(newKey(listFamily, 2*len(machineARN)+64), machineARN), string(status))
}

// listPlace is where an execution stands in its listings, the last part of the key.
func listPlace(at machine.Stamp, arn string) []byte {
	// The sign bit is turned so that stamps sort as unsigned numbers, and all bits so that they sort downwards.
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(arn)), ^(uint64(at)^1<<63)), arn...)
}

func cutListPlace(place []byte) (arn string, err error) {
	_, rest, err := cutNumber(place)
	return string(rest), err
}

// docPrefix begins the keys of the documents of a collection whose ids begin with prefix.
func docPrefix(kind, prefix string) []byte {
	return append(appendPart(newKey(docFamily, len(kind)+len(prefix)), kind), prefix...)
}

// after is the first key that does not begin with prefix, which begins with a letter.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for end[len(end)-1] == 0xFF {
		end = end[:len(end)-1]
	}
	end[len(end)-1]++
	return end
}
