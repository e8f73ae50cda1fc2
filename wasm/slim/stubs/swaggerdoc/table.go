package swaggerdoc

// table is written by slim; this one is for tests.
const table = "\x01a.T\x00\x00a thing\x00name\x00its name\x00\x01a.U\x00\x01"
