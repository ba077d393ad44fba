package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// raw hands bytes through ttrpc's codec, which asks for a protobuf message that can marshal itself.
type raw struct{ bytes []byte }

func (r *raw) Reset()         { r.bytes = nil }
func (r *raw) String() string { return fmt.Sprintf("%d bytes", len(r.bytes)) }
func (*raw) ProtoMessage()    {}

func (r *raw) Marshal() ([]byte, error) { return r.bytes, nil }
func (r *raw) Unmarshal(data []byte) error {
	r.bytes = append([]byte(nil), data...)
	return nil
}

// message is protobuf's encoding under construction: each method appends a length-delimited field.
type message []byte

func (m message) text(field int, value string) message { return m.bytes(field, []byte(value)) }
func (m message) sub(field int, value message) message { return m.bytes(field, value) }

func (m message) bytes(field int, value []byte) message {
	m = appendVarint(m, uint64(field)<<3|2)
	m = appendVarint(m, uint64(len(value)))
	return append(m, value...)
}

func appendVarint(to []byte, value uint64) []byte {
	var buffer [binary.MaxVarintLen64]byte
	return append(to, buffer[:binary.PutUvarint(buffer[:], value)]...)
}

// field is one decoded field: a number, or bytes that may be text.
type field struct {
	number uint64
	bytes  []byte
	text   bool
}

var errMalformed = errors.New("the answer is not a protobuf message")

// parse decodes one level of a message; of a repeated field the last value stays.
func parse(data []byte) (map[int]field, error) {
	fields := map[int]field{}
	for len(data) > 0 {
		tag, n := binary.Uvarint(data)
		if n <= 0 {
			return nil, errMalformed
		}
		data = data[n:]
		var value field
		switch tag & 7 {
		case 0:
			if value.number, n = binary.Uvarint(data); n <= 0 {
				return nil, errMalformed
			}
		case 1:
			n = 8
		case 2:
			length, prefix := binary.Uvarint(data)
			if prefix <= 0 || length > uint64(len(data)-prefix) {
				return nil, errMalformed
			}
			n = prefix + int(length)
			value.bytes = data[prefix:n]
			value.text = utf8.Valid(value.bytes)
		case 5:
			n = 4
		default:
			return nil, errMalformed
		}
		if n > len(data) {
			return nil, errMalformed
		}
		data = data[n:]
		fields[int(tag>>3)] = value
	}
	return fields, nil
}
