/// A command line with a mistake, and its expected result.
struct Mistake: Sendable {
  let name: String
  let arguments: [String]
  let status: Int32
  /// The expected words at the beginning of standard error.
  let says: [String]
  var input: String?

  init(
    _ name: String,
    _ status: Int32,
    says: [String],
    _ arguments: [String],
    input: String? = nil
  ) {
    self.name = name
    self.arguments = arguments
    self.status = status
    self.says = says
    self.input = input
  }
}

extension Mistake {
  static let all: [Mistake] = usage + requests + limits

  static let usage: [Mistake] = [
    Mistake(
      "an address that is none",
      2,
      says: ["nonsense", "HOST:PORT", "unix:PATH"],
      ["customers", "list", "--address", "nonsense"]
    ),
    Mistake(
      "a refused connection",
      78,
      says: ["127.93.7.1:1", "refused"],
      ["customers", "list", "--address", "127.93.7.1:1", "--timeout", "10s"]
    ),
    Mistake(
      "a socket that is not there",
      78,
      says: ["/nowhere/patron.sock"],
      ["health", "--address", "unix:/nowhere/patron.sock", "--timeout", "10s"]
    ),
    Mistake("no customer named", 2, says: ["--external-id"], ["customers", "get"]),
    Mistake(
      "two customers named",
      2,
      says: ["exactly one"],
      ["customers", "get", "--id", "1", "--email", "a@example.com"]
    ),
    Mistake("an unknown flag", 2, says: ["--nosuch"], ["customers", "list", "--nosuch"]),
    Mistake("a time that is none", 2, says: ["500ms"], ["health", "--timeout", "soon"]),
    Mistake(
      "an unknown method",
      2,
      says: ["GetCustomr", "GetCustomer"],
      ["call", "GetCustomr"]
    ),
    Mistake(
      "bad JSON",
      2,
      says: ["line 1", "column"],
      ["call", "GetCustomer", #"{"customer": {]"#]
    ),
    Mistake(
      "an unknown field",
      2,
      says: ["custmer"],
      ["call", "GetCustomer", #"{"custmer": {}}"#]
    ),
    Mistake(
      "a text for a number",
      2,
      says: ["pageSize"],
      ["call", "ListCustomers", #"{"pageSize": "many"}"#]
    ),
    Mistake(
      "a file that is not there",
      1,
      says: ["/nowhere/batch.ndjson"],
      ["customers", "upsert", "--batch", "/nowhere/batch.ndjson"]
    ),
  ]

  static let requests: [Mistake] = [
    Mistake(
      "an unknown customer",
      69,
      says: ["CUSTOMER_NOT_FOUND"],
      ["customers", "get", "--external-id", "nobody"]
    ),
    Mistake(
      "a page token that is none",
      67,
      says: ["INVALID_ARGUMENT", "page_token"],
      ["customers", "list", "--page-token", "rubbish"]
    ),
    Mistake(
      "no identifier",
      67,
      says: ["IDENTITY_MISSING"],
      ["customers", "upsert", "--first-name", "Nobody"]
    ),
    Mistake(
      "a store that cannot be",
      67,
      says: ["store_id"],
      ["customers", "list", "--store", "No Such Store"]
    ),
    Mistake(
      "an unknown service's health",
      69,
      says: ["SERVICE_UNKNOWN"],
      ["health", "no.such.Service"]
    ),
  ]

  static let limits: [Mistake] = [
    Mistake(
      "a page that is too large",
      67,
      says: ["page_size", "100"],
      ["call", "ListCustomers", #"{"pageSize": 101}"#]
    ),
    Mistake(
      "a request that is too large",
      72,
      says: ["REQUEST_TOO_LARGE", "--max-request-bytes"],
      ["call", "UpsertCustomer", "-"],
      input: #"{"customer": {"externalId": "big", "email": "big@example.com", "firstName": ""#
        + String(repeating: "A", count: 1 << 20) + "\"}}"
    ),
    Mistake(
      "1,001 items",
      67,
      says: ["customers", "1000"],
      ["call", "BatchUpsertCustomers", "-"],
      input: customers(1001)
    ),
    Mistake(
      "a deadline that passes",
      68,
      says: ["DEADLINE_EXCEEDED"],
      ["call", "BatchUpsertCustomers", "-", "--timeout", "1ms"],
      input: customers(1000)
    ),
  ]

  /// Returns a BatchUpsertCustomersRequest with this number of customers.
  private static func customers(_ count: Int) -> String {
    let items = (0..<count).map {
      #"{"externalId": "many-\#($0)", "email": "many-\#($0)@example.com"}"#
    }
    return #"{"storeId": "many", "customers": ["# + items.joined(separator: ",") + "]}"
  }
}
