// Command ttrpc_server answers GetCustomer with containerd's ttrpc, on a database of Patron.
//
//	ttrpc_server DATABASE SQL    prints its address
//
// SQL takes an external id and returns the two stored parts of the customer, which are decoded into
// the message: the ordinary way to write such a server.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"

	"github.com/containerd/ttrpc"
	_ "github.com/mattn/go-sqlite3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	patron "peers/patronv1"
)

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "ttrpc_server:", err)
		os.Exit(1)
	}
}

type customers struct {
	statement *sql.Stmt
}

func (c customers) get(
	ctx context.Context, request *patron.GetCustomerRequest,
) (*patron.GetCustomerResponse, error) {
	var body, stats []byte
	key := request.GetCustomer().GetExternalId()
	switch err := c.statement.QueryRowContext(ctx, key).Scan(&body, &stats); err {
	case nil:
	case sql.ErrNoRows:
		return nil, status.Error(codes.NotFound, "no such customer")
	default:
		return nil, err
	}
	customer := &patron.Customer{}
	if err := customer.Unmarshal(append(body, stats...)); err != nil {
		return nil, err
	}
	return &patron.GetCustomerResponse{Customer: customer}, nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: ttrpc_server DATABASE SQL")
		os.Exit(2)
	}
	// Connections of their own, without the locks that a shared one needs, as Patron's are.
	database, err := sql.Open("sqlite3", "file:"+os.Args[1]+"?mode=ro&_mutex=no&_busy_timeout=5000")
	fail(err)
	database.SetMaxIdleConns(16)
	statement, err := database.Prepare(os.Args[2])
	fail(err)
	served := customers{statement}
	server, err := ttrpc.NewServer()
	fail(err)
	server.Register("patron.v1.CustomerService", map[string]ttrpc.Method{
		"GetCustomer": func(
			ctx context.Context, decode func(interface{}) error,
		) (interface{}, error) {
			var request patron.GetCustomerRequest
			if err := decode(&request); err != nil {
				return nil, err
			}
			return served.get(ctx, &request)
		},
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	fmt.Println(listener.Addr())
	fail(server.Serve(context.Background(), listener))
}
