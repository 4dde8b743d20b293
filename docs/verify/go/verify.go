// Verifies proofs of an access log of Stafett with golang.org/x/mod/sumdb, whose authors designed the formats.
//
//	verify proof KEY LEAF PROOF            that a leaf is in the log (C2SP tlog-proof)
//	verify consistency KEY OLD NEW HASHES  that the log has only grown between two checkpoints
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func read(path string) string {
	text, err := os.ReadFile(path)
	check(err)
	return string(text)
}

// The size and the root that a signed checkpoint states.
func open(key, checkpoint string) tlog.Tree {
	verifier, err := note.NewVerifier(key)
	check(err)
	opened, err := note.Open([]byte(checkpoint), note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: root}
}

func hashes(lines []string) (all []tlog.Hash) {
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		check(err)
		all = append(all, hash)
	}
	return all
}

func main() {
	key := os.Args[2]
	switch os.Args[1] {
	case "proof":
		leaf, file := read(os.Args[3]), read(os.Args[4])
		end := strings.Index(file, "\n\n")
		lines := strings.Split(file[:end], "\n")
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
		check(err)
		tree := open(key, file[end+2:])
		check(tlog.CheckRecord(hashes(lines[2:]), tree.N, tree.Hash, index, tlog.RecordHash([]byte(leaf))))
	case "consistency":
		old, tree := open(key, read(os.Args[3])), open(key, read(os.Args[4]))
		check(tlog.CheckTree(hashes(strings.Fields(read(os.Args[5]))), tree.N, tree.Hash, old.N, old.Hash))
	}
	fmt.Println("verified")
}
