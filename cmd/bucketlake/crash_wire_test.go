package main

import (
	"bytes"
	endian "encoding/binary"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// wire passes on what bucketlake and a PostgreSQL server say to each other, and kills bucketlake at one of its statements.
// It knows as much of the protocol as that takes: messages have a type and a length; P names a statement, B runs it, and
// Z is the server's word that it is done, which for a statement without BEGIN means that it is committed.
type wire struct {
	direct, url string // the server's STATE_URL, and the one that leads through here
	address     string
	trap        atomic.Pointer[wireTrap]
}

// wireTrap kills at a statement that begins so.
type wireTrap struct {
	statement string
	when      when
	kill      func()
}

type when int

const (
	unsent  when = iota // before the server gets it
	unheard             // when the server has done it, and not been heard
	heard               // when the server has been heard
)

func newWire(t *testing.T, stateURL string) *wire {
	t.Helper()
	address, err := url.Parse(stateURL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	w := &wire{direct: stateURL, address: address.Host}
	address.Host, address.RawQuery = listener.Addr().String(), "sslmode=disable"
	w.url = address.String()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go w.pass(client)
		}
	}()
	return w
}

// pass passes on one connection, to its end.
func (w *wire) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", w.address)
	if err != nil {
		return
	}
	defer server.Close()
	var sprung atomic.Pointer[wireTrap] // the server is at its statement
	go func() {
		defer client.Close()
		passAnswers(client, server, &sprung)
	}()
	first, err := readMessage(client, 0) // it has no type
	if err != nil {
		return
	}
	statements := map[string]string{}
	for message := first; ; {
		if _, err := server.Write(message); err != nil {
			return
		}
		if message, err = readMessage(client, 1); err != nil {
			return
		}
		switch message[0] {
		case 'P':
			name, rest, _ := bytes.Cut(message[5:], []byte{0})
			text, _, _ := bytes.Cut(rest, []byte{0})
			statements[string(name)] = strings.Join(strings.Fields(string(text)), " ")
		case 'B':
			_, rest, _ := bytes.Cut(message[5:], []byte{0}) // after the portal's name
			name, _, _ := bytes.Cut(rest, []byte{0})
			trap := w.trap.Load()
			if trap == nil || !strings.HasPrefix(statements[string(name)], trap.statement) {
				continue
			}
			if trap.when == unsent {
				trap.kill()
				return
			}
			sprung.Store(trap)
		}
	}
}

func passAnswers(client io.Writer, server io.Reader, sprung *atomic.Pointer[wireTrap]) {
	var held []byte
	for {
		message, err := readMessage(server, 1)
		if err != nil {
			return
		}
		trap := sprung.Load()
		if held = append(held, message...); trap != nil && message[0] != 'Z' {
			continue
		}
		if trap != nil && trap.when == unheard {
			trap.kill()
			return
		}
		if _, err := client.Write(held); err != nil {
			return
		}
		if held = held[:0]; trap != nil {
			trap.kill()
			return
		}
	}
}

// readMessage reads a message with its type, if it has one, and its length, which counts itself and not the type.
func readMessage(r io.Reader, typed int) ([]byte, error) {
	message := make([]byte, typed+4)
	if _, err := io.ReadFull(r, message); err != nil {
		return nil, err
	}
	body := make([]byte, max(0, int(endian.BigEndian.Uint32(message[typed:]))-4))
	_, err := io.ReadFull(r, body)
	return slices.Concat(message, body), err
}
