// A stock ttrpc client calls a running Patron: what containerd's own package sends and reads,
// with messages put together field by field, so that nothing of Patron's is in between.
//
// usage: patron-peer ADDRESS [EXTERNAL_ID]
//
// It builds in this folder with Debian's golang-go and golang-github-containerd-ttrpc-dev alone:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode CGO_ENABLED=0 go build -o patron-peer .
//
// ADDRESS is HOST:PORT, tls://HOST:PORT or unix:PATH. PATRON_KEY is the API key, and PATRON_TLS_CA
// the file of the CA that signed the server's certificate. Three calls are made, and one JSON
// object is printed for each on a line of its own:
//
//	{"call":"UpsertCustomer","ok":true,"code":0,"fields":{...}}
//	{"call":"GetCustomer","ok":true,"code":0,"fields":{...}}
//	{"call":"GetCustomer of nobody","ok":false,"code":5,"codeName":"NotFound","message":"..."}
//
// "fields" holds the strings of the answer's customer by field number, and its id as a number.
// The exit status is 0 when all calls were answered, whatever the answers were.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/status"
)

const customers = "patron.v1.CustomerService"

type call struct {
	name, method string
	request      message
}

type outcome struct {
	Call     string                 `json:"call"`
	OK       bool                   `json:"ok"`
	Code     uint32                 `json:"code"`
	CodeName string                 `json:"codeName,omitempty"`
	Message  string                 `json:"message,omitempty"`
	Details  []string               `json:"details,omitempty"`
	Fields   map[string]interface{} `json:"fields,omitempty"`
}

func main() {
	if len(os.Args) < 2 || len(os.Args) > 3 {
		fmt.Fprintln(os.Stderr, "usage: patron-peer HOST:PORT|tls://HOST:PORT|unix:PATH [EXTERNAL_ID]")
		os.Exit(2)
	}
	externalID := "go-peer-1"
	if len(os.Args) == 3 {
		externalID = os.Args[2]
	}
	if err := run(os.Args[1], externalID); err != nil {
		fmt.Fprintln(os.Stderr, "patron-peer:", err)
		os.Exit(1)
	}
}

func run(address, externalID string) error {
	connection, err := dial(address)
	if err != nil {
		return err
	}
	client := ttrpc.NewClient(connection)
	defer client.Close()

	output := json.NewEncoder(os.Stdout)
	for _, call := range calls(externalID) {
		ctx, cancel := context.WithTimeout(withKey(context.Background()), 10*time.Second)
		answer, err := perform(ctx, client, call)
		cancel()
		if err != nil {
			return err
		}
		if err := output.Encode(answer); err != nil {
			return err
		}
	}
	return nil
}

func dial(address string) (net.Conn, error) {
	if path := strings.TrimPrefix(address, "unix:"); path != address {
		return net.DialTimeout("unix", path, 5*time.Second)
	}
	host := strings.TrimPrefix(address, "tls://")
	if host == address {
		return net.DialTimeout("tcp", address, 5*time.Second)
	}
	roots, err := roots()
	if err != nil {
		return nil, err
	}
	return tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", host, &tls.Config{
		RootCAs: roots, MinVersion: tls.VersionTLS13, NextProtos: []string{"ttrpc/1"},
	})
}

// roots are the CAs of PATRON_TLS_CA, or nil for those of the system.
func roots() (*x509.CertPool, error) {
	path := os.Getenv("PATRON_TLS_CA")
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificates", path)
	}
	return pool, nil
}

// withKey puts PATRON_KEY into the metadata of a call, as Patron wants it.
func withKey(ctx context.Context) context.Context {
	key := os.Getenv("PATRON_KEY")
	if key == "" {
		return ctx
	}
	return ttrpc.WithMetadata(ctx, ttrpc.MD{"authorization": {"Bearer " + key}})
}

// calls are the three that the test wants: a write, the read of what it wrote, a failure.
func calls(externalID string) []call {
	customer := message{}.
		text(customerExternalID, externalID).
		text(customerEmail, externalID+"@example.com").
		text(customerFirstName, "Grace")
	return []call{
		{"UpsertCustomer", "UpsertCustomer", message{}.sub(upsertCustomer, customer)},
		{"GetCustomer", "GetCustomer", message{}.sub(getRef, message{}.text(refExternalID, externalID))},
		{"GetCustomer of nobody", "GetCustomer",
			message{}.sub(getRef, message{}.text(refExternalID, externalID+"-nobody"))},
	}
}

// perform makes one call. A status of the server is an outcome; only a lost connection or an
// answer that cannot be read is an error.
func perform(ctx context.Context, client *ttrpc.Client, c call) (outcome, error) {
	request, response := &raw{bytes: c.request}, &raw{}
	err := client.Call(ctx, customers, c.method, request, response)
	if err != nil {
		state, ok := status.FromError(err)
		if !ok {
			return outcome{}, fmt.Errorf("%s: %w", c.name, err)
		}
		result := outcome{
			Call: c.name, Code: uint32(state.Code()), CodeName: state.Code().String(),
			Message: state.Message(),
		}
		for _, detail := range state.Proto().GetDetails() {
			result.Details = append(result.Details, detail.GetTypeUrl())
		}
		return result, nil
	}
	fields, err := customerFields(response.bytes)
	if err != nil {
		return outcome{}, fmt.Errorf("%s: %w", c.name, err)
	}
	return outcome{Call: c.name, OK: true, Fields: fields}, nil
}

// customerFields reads the customer that both answers have in field 1.
func customerFields(response []byte) (map[string]interface{}, error) {
	outer, err := parse(response)
	if err != nil {
		return nil, err
	}
	inner, err := parse(outer[responseCustomer].bytes)
	if err != nil {
		return nil, err
	}
	fields := map[string]interface{}{}
	for number, value := range inner {
		name := strconv.Itoa(number)
		if number == customerID {
			fields[name] = value.number
		} else if value.text {
			fields[name] = string(value.bytes)
		}
	}
	return fields, nil
}
