import ArgumentParser
import PatronProto
import ProtobufC

struct KeysList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List keys, without their secrets, oldest first.",
    discussion: """
      The last use is known to the hour, and is written within a minute or two. LIMITS are those \
      of the key alone; the column is left out if no key has any. A key in rotation has two valid \
      secrets. Keys that expired or were revoked stay in the list, because records name \
      them; --active leaves them out.

      EXAMPLES
        patrond keys list
        patrond keys list --store berlin --active
        patrond keys list --output json
      """
  )

  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp(
      "Only the keys of this store. (default: the keys of all stores)",
      valueName: "name"
    )
  )
  var store: String?

  @Flag(help: "Leave out keys that expired or were revoked.")
  var active = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try data.requireDatabase(for: "list")
    try await OperatorSession(data: data).run { admin in
      var request = ListKeysRequest.with {
        $0.storeID = store ?? ""
        $0.everyStore = store == nil
        $0.activeOnly = active
        $0.pageSize = 1000
      }
      var all = ListKeysResponse()
      repeat {
        let page = try await admin.listKeys(request)
        all.keys += page.keys
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      try output.print(all) { KeyText.table(all.keys) }
      if all.keys.isEmpty { report("there is no such key; `patrond keys create` makes one") }
    }
  }
}
