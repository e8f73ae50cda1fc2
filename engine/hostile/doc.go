// Package hostile makes objects as somebody would make them who wants to do harm: to the program that reads them, to the
// page that shows them, to the terminal they are printed on.
//
// In a real cluster nobody may assume that an object was made in good faith, and in a page that opens links even less.
// [Valid] holds one object of every kind that the API server accepts; [Fields] finds every text that objects of a type may
// hold; [Mutants] puts [Payloads] into them, one field at a time. The suites of the engine and of the page apply them all:
// each is stored or refused with an error, nothing panics, nothing takes for ever, nothing is executed.
//
// Nothing of the engine imports this package.
package hostile
