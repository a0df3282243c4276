// An independent checker of the log: Go's own sumdb packages (the original implementation of signed notes and tiles), which share no code with
// what is tested. It asks for files on standard output and gets them on standard input, so a log can be in memory, in a folder or behind a server.
//
//	-> read <path>          <- <length, or -1>\n<bytes>
//	-> leaf <base64>        one entry, in order
//	-> checkpoint <base64>  the signed checkpoint that was checked
//	-> ok <size>            everything holds
//	-> bad <message>        something does not
//
// Arguments: verifier key, then (optional) base64 of an earlier signed checkpoint. -cosigner KEY: the checkpoint must be cosigned by this key (C2SP
// tlog-cosignature). -proof: what is asked for is `proof`, a C2SP tlog-proof with the entry as its extra data; its index is printed before ok.
//
// Built without modules against Debian's golang-golang-x-mod-dev: GO111MODULE=off GOPATH=/usr/share/gocode.
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Tile height: 2^8 hashes in a tile, as C2SP tlog-tiles has it.
const height = 8

var (
	in   = bufio.NewReaderSize(os.Stdin, 1<<20)
	out  = bufio.NewWriterSize(os.Stdout, 1<<20)
	kept = map[string][]byte{}
)

func bad(format string, values ...any) {
	fmt.Fprintf(out, "bad %s\n", strings.ReplaceAll(fmt.Sprintf(format, values...), "\n", " "))
	out.Flush()
	os.Exit(1)
}

func read(path string) []byte {
	if data, ok := kept[path]; ok {
		return data
	}
	fmt.Fprintf(out, "read %s\n", path)
	out.Flush()
	line, err := in.ReadString('\n')
	if err != nil {
		bad("no answer for %s", path)
	}
	length, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		bad("no length for %s", path)
	}
	if length < 0 {
		bad("%s is missing", path)
	}
	data := make([]byte, length)
	if _, err := io.ReadFull(in, data); err != nil {
		bad("%s is cut", path)
	}
	kept[path] = data
	return data
}

// Go's paths are tile/8/<level or "data">/<index>; C2SP's are tile/<level or "entries">/<index>.
func tilePath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

// A verifier of cosignatures, which x/mod does not have: 8 octets of time, then Ed25519 over a line that names it, the time and the text.
type cosigner struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.id }
func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return ed25519.Verify(c.key, []byte(message), signature[8:])
}

func newCosigner(vkey string) note.Verifier {
	words := strings.SplitN(vkey, "+", 3)
	if len(words) != 3 {
		bad("cosigner key")
	}
	key, err := base64.StdEncoding.DecodeString(words[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		bad("cosigner key")
	}
	hash := sha256.Sum256(append([]byte(words[0]+"\n"), key...))
	id := binary.BigEndian.Uint32(hash[:])
	if fmt.Sprintf("%08x", id) != words[1] {
		bad("cosigner key: id")
	}
	return cosigner{words[0], id, key[1:]}
}

func openCheckpoint(signed []byte, vkey, cosignerKey string) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		bad("verifier key: %v", err)
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		bad("checkpoint: %v", err)
	}
	if cosignerKey != "" {
		if _, err := note.Open(signed, note.VerifierList(newCosigner(cosignerKey))); err != nil {
			bad("cosignature: %v", err)
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		bad("checkpoint: not three lines")
	}
	if lines[0] != verifier.Name() {
		bad("checkpoint: another origin")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		bad("checkpoint: size")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		bad("checkpoint: root: %v", err)
	}
	return tlog.Tree{N: size, Hash: root}
}

// Leaves are canonical JSON with string values: Go's encoder sorts keys and writes no white space either.
func checkCanonical(index int64, entry []byte) {
	var fields map[string]string
	if err := json.Unmarshal(entry, &fields); err != nil {
		bad("entry %d: %v", index, err)
	}
	again, err := json.Marshal(fields)
	if err != nil || !bytes.Equal(again, entry) {
		bad("entry %d is not canonical", index)
	}
}

type files struct{}

func (files) Height() int { return height }

func (files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		data[i] = read(tilePath(tile))
		if len(data[i]) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes", tilePath(tile), len(data[i]))
		}
	}
	return data, nil
}

func (files) SaveTiles([]tlog.Tile, [][]byte) {}

// Up to `most` numbers from low to before high, evenly spread, both ends among them.
func sample(low, high, most int64) []int64 {
	var numbers []int64
	step := (high - low + most - 1) / most
	if step < 1 {
		step = 1
	}
	for number := low; number < high; number += step {
		numbers = append(numbers, number)
	}
	if len(numbers) > 0 && numbers[len(numbers)-1] != high-1 {
		numbers = append(numbers, high-1)
	}
	return numbers
}

// A tlog-proof: lines, hashes, an empty line, a signed checkpoint.
func checkProof(data []byte, vkey, cosignerKey string) {
	head, signed, found := strings.Cut(string(data), "\n\n")
	if !found {
		bad("proof: no empty line")
	}
	tree := openCheckpoint([]byte(signed), vkey, cosignerKey)
	lines := strings.Split(head, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "extra ") || !strings.HasPrefix(lines[2], "index ") {
		bad("proof: lines")
	}
	entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		bad("proof: entry: %v", err)
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		bad("proof: index: %v", err)
	}
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			bad("proof: hash: %v", err)
		}
		proof = append(proof, hash)
	}
	checkCanonical(index, entry)
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		bad("proof: %v", err)
	}
	fmt.Fprintf(out, "index %d\nok %d\n", index, tree.N)
	out.Flush()
}

func main() {
	cosignerKey := flag.String("cosigner", "", "")
	isProof := flag.Bool("proof", false, "")
	flag.Parse()
	args := flag.Args()
	if len(args) < 1 || len(args) > 2 {
		bad("usage")
	}
	if *isProof {
		checkProof(read("proof"), args[0], *cosignerKey)
		return
	}
	signed := read("checkpoint")
	tree := openCheckpoint(signed, args[0], *cosignerKey)

	// Entries, hashed from scratch.
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	leaves := make([]tlog.Hash, 0, tree.N)
	for first := int64(0); first < tree.N; first += 1 << height {
		width := tree.N - first
		if width > 1<<height {
			width = 1 << height
		}
		path := tilePath(tlog.Tile{H: height, L: -1, N: first >> height, W: int(width)})
		rest := read(path)
		for index := first; index < first+width; index++ {
			if len(rest) < 2 || len(rest) < 2+int(rest[0])<<8+int(rest[1]) {
				bad("%s is too short", path)
			}
			end := 2 + int(rest[0])<<8 + int(rest[1])
			entry := rest[2:end]
			rest = rest[end:]
			checkCanonical(index, entry)
			hashes, err := tlog.StoredHashes(index, entry, reader)
			if err != nil {
				bad("entry %d: %v", index, err)
			}
			stored = append(stored, hashes...)
			leaves = append(leaves, tlog.RecordHash(entry))
			fmt.Fprintf(out, "leaf %s\n", base64.StdEncoding.EncodeToString(entry))
		}
		if len(rest) > 0 {
			bad("%s has bytes after its entries", path)
		}
	}

	// The root, and every tile of this size.
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil {
		bad("root: %v", err)
	}
	if tree.N > 0 && root != tree.Hash {
		bad("the entries have another root than the checkpoint")
	}
	for level := 0; tree.N>>(height*level) > 0; level++ {
		hashes := tree.N >> (height * level)
		for first := int64(0); first < hashes; first += 1 << height {
			tile := tlog.Tile{H: height, L: level, N: first >> height, W: 1 << height}
			if hashes-first < 1<<height {
				tile.W = int(hashes - first)
			}
			expected, err := tlog.ReadTileData(tile, reader)
			if err != nil {
				bad("%s: %v", tilePath(tile), err)
			}
			if !bytes.Equal(expected, read(tilePath(tile))) {
				bad("%s is not the tile of the entries", tilePath(tile))
			}
		}
	}

	// Proofs as a client makes them: from tiles alone.
	fromTiles := tlog.TileHashReader(tree, files{})
	for _, index := range sample(0, tree.N, 64) {
		proof, err := tlog.ProveRecord(tree.N, index, fromTiles)
		if err == nil {
			err = tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaves[index])
		}
		if err != nil {
			bad("inclusion of entry %d: %v", index, err)
		}
	}
	for _, size := range sample(1, tree.N+1, 32) {
		older, err := tlog.TreeHash(size, reader)
		if err != nil {
			bad("root of %d entries: %v", size, err)
		}
		checkGrowth(tree, tlog.Tree{N: size, Hash: older}, fromTiles)
	}
	if len(args) == 2 {
		earlier, err := base64.StdEncoding.DecodeString(args[1])
		if err != nil {
			bad("the earlier checkpoint: %v", err)
		}
		older := openCheckpoint(earlier, args[0], "")
		if older.N > tree.N {
			bad("the log shrank from %d to %d entries", older.N, tree.N)
		}
		if older.N > 0 {
			checkGrowth(tree, older, fromTiles)
		}
	}

	fmt.Fprintf(out, "checkpoint %s\nok %d\n", base64.StdEncoding.EncodeToString(signed), tree.N)
	out.Flush()
}

func checkGrowth(newer, older tlog.Tree, reader tlog.HashReader) {
	proof, err := tlog.ProveTree(newer.N, older.N, reader)
	if err == nil {
		err = tlog.CheckTree(proof, newer.N, newer.Hash, older.N, older.Hash)
	}
	if err != nil {
		bad("growth from %d to %d entries: %v", older.N, newer.N, err)
	}
}
