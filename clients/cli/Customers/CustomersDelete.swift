import ArgumentParser
import PatronClient

/// Erases a customer.
struct CustomersDelete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Erase one customer, for good.",
    discussion: """
      Personal data goes everywhere it is kept. Orders and events stay with amounts and dates; \
      --purge removes them too. What stays is a receipt, and hashes by which a suppressed address \
      is known again. The same address becomes a customer again only where the store allows that: \
      see `patron settings set --allow-recreate-after-erasure`.

      Backups, and what others copied, are not reached: `patron timeline watch` tells them by an \
      event `profile_redacted`. On a terminal it asks first; elsewhere --yes is needed.

      EXAMPLES
        patron customers delete --id 42
        patron customers delete --email ada@example.com --purge \\
          --reason 'ticket 8841' --yes
      """
  )

  @OptionGroup(title: "Customer") var customer: CustomerSelector

  @Flag(help: "Remove events, orders and checkouts too.")
  var purge = false

  @Option(
    help: ArgumentHelp(
      "Why, up to 255 characters; stays with the receipt. No personal data.",
      valueName: "text"
    )
  )
  var reason: String?

  @Option(
    help: ArgumentHelp(
      "Makes a repeat return the first receipt, up to 64 characters. (default: a new one)",
      valueName: "id"
    )
  )
  var requestId: String?

  @Flag(name: [.customShort("y"), .long], help: "Do not ask.")
  var yes = false

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run() async throws {
    try Confirmation.require(question, given: yes)
    try await Session.run(global) { session in
      let request = DeleteCustomerRequest.with {
        $0.storeID = session.storeID
        $0.customer = customer.reference
        $0.mode = purge ? .purge : .anonymize
        $0.reason = reason ?? ""
        $0.requestID = requestId ?? RequestID.make()
      }
      let response = try await session.timed(CustomerService.deleteCustomer.method) {
        try await session.client.customers.deleteCustomer(request, options: session.call)
      }
      try session.print(response) { text(response, session.style) }
    }
  }

  private var question: String {
    let who =
      customer.id.map { "with the id \($0)" }
      ?? customer.externalId.map { "with the external id \($0)" }
      ?? customer.email.map { "with the e-mail address \($0)" }
      ?? "with the phone number \(customer.phone ?? "")"
    let what = purge ? ", events and orders too" : ""
    return "Erase the customer \(SafeText.line(who))\(what)? This cannot be undone."
  }

  private func text(_ response: DeleteCustomerResponse, _ style: Style) -> String {
    let did = purge ? "removed" : "anonymised"
    let stays = response.suppressionCount == 1 ? "address stays" : "addresses stay"
    return """
      \(style.red("erased"))  receipt \(response.receiptID)  \(ValueText.minute(response.deletedAt))
        \(ValueText.plural(response.eventCount, "event")) and \
      \(ValueText.plural(response.orderCount, "order")) \(did), \
      \(ValueText.count(response.suppressionCount)) \(stays) suppressed
      """
  }
}

/// A question before something that cannot be undone.
enum Confirmation {
  /// Asks on the terminal, unless `yes` was given already.
  ///
  /// - Throws: status 1 after a no, and a usage error where nobody can be asked.
  static func require(_ question: String, given yes: Bool) throws {
    guard try yes || ask(question) else {
      CLIEnvironment.current.err("nothing was deleted\n")
      throw ExitCode(1)
    }
  }

  /// Asks on the terminal; true for yes.
  private static func ask(_ question: String) throws -> Bool {
    let environment = CLIEnvironment.current
    guard environment.inputIsTerminal, environment.errorIsTerminal else {
      throw LocalError.usage("this cannot be undone, and there is no terminal to ask on; add --yes")
    }
    environment.err(question + " [y/N] ")
    var reader = LineReader(.standardInput)
    let line = try reader.next().map { String(decoding: $0, as: UTF8.self) } ?? ""
    let word = line.filter { !$0.isWhitespace }.lowercased()
    return word == "y" || word == "yes"
  }
}
