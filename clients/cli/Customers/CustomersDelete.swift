import ArgumentParser
import PatronClient

/// The command `patron customers delete`, which erases a customer.
struct CustomersDelete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Erase one customer permanently.",
    discussion: """
      Removes personal data everywhere in the database. Orders and events keep amounts and dates; \
      --purge removes them too. A receipt stays, and hashes that identify suppressed addresses. \
      The same address can become a customer again only if the store allows it, see `patron \
      settings set --allow-recreate-after-erasure`.

      Backups and copies in other systems are not reached. Their keepers can follow the event \
      `profile_redacted` with `patron timeline watch`. On a terminal the command asks first; \
      elsewhere it requires --yes.

      EXAMPLES
        patron customers delete --id 42
        patron customers delete --email ada@example.com --purge \\
          --reason 'ticket 8841' --yes
      """
  )

  @OptionGroup(title: "Customer") var customer: CustomerSelector

  @Flag(help: "Also remove events, orders and checkouts.")
  var purge = false

  @Option(
    help: ArgumentHelp(
      "Reason, up to 255 characters, stored with the receipt. Must not hold personal data.",
      valueName: "text"
    )
  )
  var reason: String?

  @Option(
    help: ArgumentHelp(
      "Request id, up to 64 characters: a repetition returns the first receipt. (default: a new "
        + "id)",
      valueName: "id"
    )
  )
  var requestId: String?

  @Flag(name: [.customShort("y"), .long], help: "Do not ask for confirmation.")
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

/// The confirmation of an operation that cannot be undone.
enum Confirmation {
  /// Asks on the terminal, unless `yes` is true.
  ///
  /// - Throws: exit status 1 if the answer is no; a usage error if there is no terminal.
  static func require(_ question: String, given yes: Bool) throws {
    guard try yes || ask(question) else {
      CLIEnvironment.current.err("nothing was deleted\n")
      throw ExitCode(1)
    }
  }

  /// Asks on the terminal and returns true for yes.
  private static func ask(_ question: String) throws -> Bool {
    let environment = CLIEnvironment.current
    guard environment.inputIsTerminal, environment.errorIsTerminal else {
      throw LocalError.usage(
        "this cannot be undone, and there is no terminal to confirm it on; add --yes"
      )
    }
    environment.err(question + " [y/N] ")
    var reader = LineReader(.standardInput)
    let line = try reader.next().map { String(decoding: $0, as: UTF8.self) } ?? ""
    let word = line.filter { !$0.isWhitespace }.lowercased()
    return word == "y" || word == "yes"
  }
}
