//go:build !js || !wasm

package main

func main() { println("schedulerperf is a program of js/wasm: see make bench") }
