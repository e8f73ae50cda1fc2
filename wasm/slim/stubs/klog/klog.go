// Package klog has what the packages of Kubernetes in the engine ask of k8s.io/klog/v2: errors go to standard error
// (the browser's console), and what klog says only when it is made verbose is dropped.
package klog

import (
	"context"
	"fmt"
	"os"
)

// Level is a verbosity.
type Level int32

// Verbose is the logger of a verbosity; none is on.
type Verbose struct{}

// V is the logger of a verbosity.
func V(Level) Verbose { return Verbose{} }

// Enabled reports that the verbosity is on.
func (Verbose) Enabled() bool { return false }

// Info is dropped.
func (Verbose) Info(...any) {}

// Infof is dropped.
func (Verbose) Infof(string, ...any) {}

// InfoS is dropped.
func (Verbose) InfoS(string, ...any) {}

// ErrorS is dropped.
func (Verbose) ErrorS(error, string, ...any) {}

// Warningf writes a warning.
func Warningf(format string, args ...any) { say("W", fmt.Sprintf(format, args...)) }

// Errorf writes an error.
func Errorf(format string, args ...any) { say("E", fmt.Sprintf(format, args...)) }

// ErrorS writes an error with keys and values.
func ErrorS(err error, msg string, keysAndValues ...any) {
	say("E", fmt.Sprintf("%q err=%q %v", msg, fmt.Sprint(err), keysAndValues))
}

// Fatalf ends the program.
func Fatalf(format string, args ...any) { panic("klog: " + fmt.Sprintf(format, args...)) }

func say(level, line string) { fmt.Fprintln(os.Stderr, level+" "+line) }

// Logger writes errors; like klog's own, it drops what is verbose.
type Logger struct{}

// LogSink is for Logger's users that test for one.
type LogSink any

// Background is the logger of no context.
func Background() Logger { return Logger{} }

// TODO is Background.
func TODO() Logger { return Logger{} }

// FromContext is Background: contexts carry no loggers here.
func FromContext(context.Context) Logger { return Logger{} }

// NewContext is the context.
func NewContext(ctx context.Context, _ Logger) context.Context { return ctx }

// LoggerWithName is the logger.
func LoggerWithName(l Logger, _ string) Logger { return l }

// LoggerWithValues is the logger.
func LoggerWithValues(l Logger, _ ...any) Logger { return l }

// WithCallDepth is the logger.
func (l Logger) WithCallDepth(int) Logger { return l }

// WithName is the logger.
func (l Logger) WithName(string) Logger { return l }

// WithValues is the logger.
func (l Logger) WithValues(...any) Logger { return l }

// V is a logger that drops what it is told.
func (l Logger) V(int) Verbosity { return Verbosity{} }

// Enabled reports that what is not verbose is written.
func (Logger) Enabled() bool { return true }

// Info writes a line.
func (Logger) Info(msg string, keysAndValues ...any) {
	say("I", fmt.Sprintf("%q %v", msg, keysAndValues))
}

// Error writes an error.
func (Logger) Error(err error, msg string, keysAndValues ...any) { ErrorS(err, msg, keysAndValues...) }

// Verbosity is Logger.V; none is on.
type Verbosity struct{}

// Enabled reports that the verbosity is on.
func (Verbosity) Enabled() bool { return false }

// Info is dropped.
func (Verbosity) Info(string, ...any) {}

// Error writes an error, whatever the verbosity.
func (Verbosity) Error(err error, msg string, keysAndValues ...any) {
	ErrorS(err, msg, keysAndValues...)
}
