package etcd

// quiet is a raft.Logger that drops what raft says; what matters to a reader is in the journal. raft panics through
// it where its invariants break, so panics stay panics.
type quiet struct{}

func (quiet) Debug(...any)            {}
func (quiet) Debugf(string, ...any)   {}
func (quiet) Info(...any)             {}
func (quiet) Infof(string, ...any)    {}
func (quiet) Warning(...any)          {}
func (quiet) Warningf(string, ...any) {}
func (quiet) Error(...any)            {}
func (quiet) Errorf(string, ...any)   {}

func (quiet) Fatal(...any)              { panic("raft: fatal") }
func (quiet) Fatalf(f string, _ ...any) { panic("raft: " + f) }
func (quiet) Panic(...any)              { panic("raft: panic") }
func (quiet) Panicf(f string, _ ...any) { panic("raft: " + f) }
