// Package stage keeps the picture of a cluster that a page draws: what there is, what state it is in, and what moves.
//
// It is an observer outside the world: it sees every committed write, message and request as it happens, schedules
// nothing, and therefore cannot change what happens. It knows more than any component: the truth about machines as
// well as what the API believes about them. A Frame holds what changed since the last one: pods as columns of
// numbers, so that 150,000 of them cost no JSON.
package stage
