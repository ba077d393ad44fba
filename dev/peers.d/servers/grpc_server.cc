// GetCustomer in gRPC's C++ with the asynchronous API, one thread, on a database of Patron.
//   grpc_server DATABASE SQL    prints its address
// SQL takes an external id and returns the stored parts of the customer, which are parsed into the
// message: the ordinary way to write such a server.
#include <grpcpp/grpcpp.h>
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "patron/v1/customers.grpc.pb.h"

namespace {

using patron::v1::CustomerService;
using patron::v1::GetCustomerRequest;
using patron::v1::GetCustomerResponse;

// A connection to the database for one thread, with its only statement.
class Customers {
 public:
  Customers(const char* path, const char* sql) {
    // As Patron does: no locks inside of SQLite, and reads from a map of the file.
    Check(sqlite3_open_v2(path, &database_, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr));
    sqlite3_busy_timeout(database_, 5000);
    Check(sqlite3_exec(database_, "PRAGMA mmap_size = 17179869184", nullptr, nullptr, nullptr));
    Check(sqlite3_prepare_v2(database_, sql, -1, &statement_, nullptr));
  }

  grpc::Status Get(const GetCustomerRequest& request, GetCustomerResponse* response) {
    const std::string& key = request.customer().external_id();
    sqlite3_bind_text(statement_, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    grpc::Status status(grpc::StatusCode::NOT_FOUND, "no such customer");
    if (sqlite3_step(statement_) == SQLITE_ROW) {
      std::string stored;
      for (int column = 0; column < sqlite3_column_count(statement_); column++) {
        const auto* part = static_cast<const char*>(sqlite3_column_blob(statement_, column));
        if (part) stored.append(part, sqlite3_column_bytes(statement_, column));
      }
      status = response->mutable_customer()->ParseFromString(stored)
                   ? grpc::Status::OK
                   : grpc::Status(grpc::StatusCode::DATA_LOSS, "the stored customer is malformed");
    }
    sqlite3_reset(statement_);
    return status;
  }

 private:
  void Check(int code) {
    if (code == SQLITE_OK) return;
    std::fprintf(stderr, "grpc_server: %s\n", sqlite3_errmsg(database_));
    std::exit(1);
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
};

// A call from its arrival to the end of its answer. It asks for its successor when it arrives, and
// deletes itself at its end.
class Call {
 public:
  Call(CustomerService::AsyncService* service, grpc::ServerCompletionQueue* queue, Customers* data)
      : service_(service), queue_(queue), customers_(data), responder_(&context_) {
    service_->RequestGetCustomer(&context_, &request_, &responder_, queue_, queue_, this);
  }

  void Proceed(bool ok) {
    if (answered_ || !ok) {
      delete this;
      return;
    }
    new Call(service_, queue_, customers_);
    GetCustomerResponse response;
    grpc::Status status = customers_->Get(request_, &response);
    answered_ = true;
    if (status.ok()) responder_.Finish(response, status, this);
    else responder_.FinishWithError(status, this);
  }

 private:
  CustomerService::AsyncService* service_;
  grpc::ServerCompletionQueue* queue_;
  Customers* customers_;
  grpc::ServerContext context_;
  GetCustomerRequest request_;
  grpc::ServerAsyncResponseWriter<GetCustomerResponse> responder_;
  bool answered_ = false;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: grpc_server DATABASE SQL\n");
    return 2;
  }
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  Customers customers(arguments[1], arguments[2]);
  CustomerService::AsyncService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server) return 1;
  std::printf("127.0.0.1:%d\n", port);
  std::fflush(stdout);
  // Several wait, so that calls that arrive together need not wait for each other's successors.
  for (int waiting = 0; waiting < 256; waiting++) new Call(&service, queue.get(), &customers);
  void* tag;
  bool ok;
  while (queue->Next(&tag, &ok)) static_cast<Call*>(tag)->Proceed(ok);
}
