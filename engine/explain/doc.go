// Package explain answers why: it walks the journal's causes backwards from an object, a request or a record.
//
// Nothing here knows what should have happened. The chain is the one the kernel recorded while it happened: each step
// is a record, and the next step is the record that was its cause. What a component kept beside its record (the
// scheduler's table, what a failed request met on its way) is passed on as it is. Advice is given only where a record
// carries it.
package explain
