import ArgumentParser
import PatronProto
import ProtobufC

struct StoresList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List stores by name.",
    discussion: """
      EXAMPLES
        patrond stores list
        patrond stores list --output json
      """
  )

  @OptionGroup var data: DataOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try data.requireDatabase(for: "list")
    try await OperatorSession(data: data).run { admin in
      var request = ListStoresRequest.with { $0.pageSize = 1000 }
      var all = ListStoresResponse()
      repeat {
        let page = try await admin.listStores(request)
        all.stores += page.stores
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      try output.print(all) { Self.table(all.stores) }
    }
  }

  private static func table(_ stores: [StoreInfo]) -> String {
    var table = PlainTable(["STORE", "CREATED", "CUSTOMERS", "KEYS", "STATE"])
    for store in stores {
      table.add([
        store.storeID,
        store.createdAt.map(KeyText.time) ?? "-",
        "\(store.customerCount)",
        "\(store.keyCount)",
        store.deletionBeganAt == nil ? "in use" : "being deleted",
      ])
    }
    return table.text
  }
}
