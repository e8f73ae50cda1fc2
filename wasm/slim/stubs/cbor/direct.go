// Package direct answers for apimachinery's CBOR, which the engine does not speak.
package direct

import "errors"

var errNone = errors.New("this build has no CBOR")

// Marshal fails.
func Marshal(any) ([]byte, error) { return nil, errNone }

// Unmarshal fails.
func Unmarshal([]byte, any) error { return errNone }

// Diagnose fails.
func Diagnose([]byte) (string, error) { return "", errNone }
