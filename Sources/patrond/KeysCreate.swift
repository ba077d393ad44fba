import ArgumentParser
import PatronProto
import ProtobufC
import TTRPC

struct KeysCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Make a key, and print it this once.",
    discussion: """
      Standard output has the key alone, and standard error everything else, so that the key can \
      be redirected into a file; --out makes a file that only its owner may read. The key is not \
      shown again: if it is lost, revoke it and make another.

      SCOPES
        customers:read   customers, their consent, and the settings of the store
        customers:write  creating, changing, importing and merging customers
        consent:write    agreements, opt-outs and suppressions
        timeline:read    events and orders
        timeline:write   recording and deleting events, orders and checkouts
        export           files of customers and of timelines
        erase            erasing customers
        settings         changing the settings of the store
        watch            events as they are committed
        admin            keys, stores and the audit log, and nothing else
        read             customers:read, timeline:read, watch
        write            read, customers:write, consent:write, timeline:write
        all              every scope but admin

      EXAMPLES
        patrond keys create --scopes all --description 'the shop' > shop.key
        patrond keys create --store berlin --scopes read --expires 90d \\
          --out reports.key
        patrond keys create --all-stores --scopes all,admin --expires 2027-01-31 \\
          --out operator.key
      """
  )

  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp(
      "The store that the key is for. (default: the store `default`, which is made if it is "
        + "missing)",
      valueName: "name"
    )
  )
  var store: String?

  @Flag(help: "Make a key of every store, also of later ones.")
  var allStores = false

  @Option(
    help: ArgumentHelp("What the holder may do: names as above.", valueName: "scope,…"),
    completion: ScopeArgument.completion,
    transform: { try ScopeArgument($0) }
  )
  var scopes: ScopeArgument

  @Option(
    help: ArgumentHelp(
      "End of the key: a duration such as 90d or 12h, a date or time in UTC, or never. (default: "
        + "never)",
      valueName: "time"
    ),
    transform: { try ExpiryArgument($0) }
  )
  var expires: ExpiryArgument?

  @Option(
    help: ArgumentHelp(
      "The program that has the key, and where it runs: up to 255 characters for people. Must not "
        + "hold personal data.",
      valueName: "text"
    )
  )
  var description = ""

  @Option(
    help: ArgumentHelp(
      "Limits of the calls with this key, beside those of its store: calls-per-second=100, "
        + "concurrent-scans=2. (default: the server's)",
      valueName: "limit=number,…"
    ),
    transform: { try KeyLimitsArgument($0) }
  )
  var limits: KeyLimitsArgument?

  @OptionGroup var keyOutput: KeyOutput

  func validate() throws {
    guard store == nil || !allStores else {
      throw ValidationError(
        "a key is for one store or for all: name either --store or --all-stores."
      )
    }
  }

  func run() async throws {
    let request = CreateKeyRequest.with {
      $0.storeID = allStores ? "" : store ?? Self.usualStore
      $0.everyStore = allStores
      $0.scopes = scopes.names
      $0.description = description
      $0.expiresAt = expires.flatMap(KeyText.timestamp)
      $0.limits = limits?.limits
    }
    try await OperatorSession(data: data).run { admin in
      let file = try keyOutput.makeFile()
      let response: CreateKeyResponse
      do {
        if store == nil, !allStores { try await makeUsualStore(admin) }
        response = try await admin.createKey(request)
      } catch {
        file?.remove()
        throw error
      }
      try keyOutput.put(response.token, response, response.key, to: file) { shown in
        shown.token = ""
      }
    }
  }

  /// The store of calls that name none.
  private static let usualStore = "default"

  private func makeUsualStore(_ admin: AdminServiceClient) async throws {
    do throws(RPCError) {
      _ = try await admin.createStore(.with { $0.storeID = Self.usualStore })
      report("made the store \(Self.usualStore)")
    } catch {
      guard error.code == .alreadyExists else { throw error }
    }
  }
}
