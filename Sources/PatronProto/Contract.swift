public import TTRPC

/// The contract that is compiled in, for listing and describing it. The data is generated.
public enum Contract {
  private static let byName = Dictionary(
    uniqueKeysWithValues: declarations.map { ($0.name, $0) }
  )

  private static let methodsByName = Dictionary(
    uniqueKeysWithValues: services.flatMap(\.methods).map { ($0.method, $0) }
  )

  /// Every symbol that can be described, sorted: packages, services, methods
  /// (`patron.v1.CustomerService.GetCustomer`), messages and enums.
  public static var symbols: [String] { declarations.map(\.name).sorted() }

  /// Returns the kind and the proto source text of a symbol, or nil if the symbol is unknown. `/`
  /// may replace the last dot of a method.
  public static func declaration(of symbol: String) -> ContractDeclaration? {
    byName[symbol] ?? byName[String(symbol.map { $0 == "/" ? "." : $0 })]
  }

  /// Returns the service with a full name, or nil if the contract has none.
  public static func service(named name: String) -> ContractService? {
    services.first { $0.name == name }
  }

  /// Returns the method with the name `service/name` or `service.name`, or nil if the contract has
  /// none.
  public static func method(named name: String) -> ContractMethod? {
    guard let split = name.lastIndex(where: { $0 == "/" || $0 == "." }) else { return nil }
    let method = name[name.index(after: split)...]
    return service(named: String(name[..<split]))?.methods.first { $0.method.name == method }
  }

  /// Returns the description of a method in the contract, or nil if the contract has no such
  /// method.
  public static func method(_ method: Method) -> ContractMethod? { methodsByName[method] }
}

/// A service of the contract.
public struct ContractService: Sendable {
  /// Full proto name: `patron.v1.CustomerService`.
  public let name: String
  /// The first sentence of its comment.
  public let summary: String
  /// Its methods, in the order of the proto file.
  public let methods: [ContractMethod]
}

/// A method of the contract.
public struct ContractMethod: Sendable {
  /// Name, kind and idempotency.
  public let method: Method
  /// Full proto name of the request.
  public let requestType: String
  /// Full proto name of the response.
  public let responseType: String
  /// The scope that a key needs to call it: `customers:read`. Empty if none is needed.
  public let scope: String
  /// The first sentence of its comment.
  public let summary: String
}

/// A symbol of the contract with its source text.
public struct ContractDeclaration: Sendable {
  /// The kind of a symbol in the contract.
  public enum Kind: String, Sendable {
    /// A package: its text is the comment at its top.
    case package
    /// A service.
    case service
    /// A method.
    case method
    /// A message.
    case message
    /// An enum.
    case enumeration = "enum"
  }

  /// Full proto name.
  public let name: String
  /// The kind of the symbol.
  public let kind: Kind
  /// Proto source with comments; ends without a line break.
  public let text: String
}
