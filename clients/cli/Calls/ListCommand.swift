import ArgumentParser
import PatronClient

/// The command `patron list`, which lists services or the methods of one.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the services, or the methods of a service.",
    discussion: """
      Shows the contract built into this program; no server is contacted.

      EXAMPLES
        patron list
        patron list CustomerService
      """
  )

  @Argument(
    help: "A service, or the end of its name.",
    completion: .list(Contract.services.map(\.name))
  )
  var service: String?

  func run() throws {
    let environment = CLIEnvironment.current
    let style = Style(colors: environment.outputHasColors)
    var table: TextTable
    if let service {
      table = TextTable([
        .init(title: "METHOD"), .init(title: "STREAMS"), .init(title: "", least: 20),
      ])
      for method in try ContractNames.service(service).methods {
        table.add([method.method.description, Self.streams(method.method), method.summary])
      }
    } else {
      table = TextTable([.init(title: "SERVICE"), .init(title: "", least: 20)])
      for service in Contract.services { table.add([service.name, service.summary]) }
    }
    environment.out(table.text(width: environment.columns, style: style))
  }

  private static func streams(_ method: Method) -> String {
    switch method.kind {
    case .unary: ""
    case .clientStreaming: "requests"
    case .serverStreaming: "responses"
    case .bidirectionalStreaming: "both"
    }
  }
}

/// The command `patron describe`, which prints the proto source of a symbol.
struct DescribeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "describe",
    abstract: "Show the proto source of a service, method, message or enum.",
    discussion: """
      The comments are the reference manual: units, limits and errors. Without a symbol, all \
      symbols are listed. No server is contacted.

      EXAMPLES
        patron describe UpsertCustomer
        patron describe patron.v1.CustomerInput
      """
  )

  @Argument(
    help: "A symbol, or the end of its name.",
    completion: .list(Contract.symbols)
  )
  var symbol: String?

  func run() throws {
    let environment = CLIEnvironment.current
    guard let symbol else {
      environment.out(Contract.symbols.joined(separator: "\n") + "\n")
      return
    }
    let declaration = try ContractNames.declaration(symbol)
    let style = Style(colors: environment.outputHasColors)
    let heading = "// \(declaration.name) is a\(Self.article(declaration.kind)):"
    environment.out(style.dim(heading) + "\n" + declaration.text + "\n")
  }

  private static func article(_ kind: ContractDeclaration.Kind) -> String {
    kind == .enumeration ? "n enum" : " \(kind.rawValue)"
  }
}
