import ArgumentParser

/// The flags of commands that print a list page by page.
struct PageFlags: ParsableArguments {
  @Option(help: ArgumentHelp("Maximum number of entries, from 1.", valueName: "count"))
  var limit = 50

  @Flag(help: "Print all entries.")
  var all = false

  @Option(help: ArgumentHelp("Continue where another call ended.", valueName: "token"))
  var pageToken: String?

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit is \(limit); expected 1 or more.") }
  }

  /// Fetches pages until the limit or the end of the list is reached.
  ///
  /// - Parameter fetch: fetches and prints the page with this token and at most this many entries.
  ///   Returns its number of entries and the token of the next page, which is empty at the end.
  func forEachPage(
    of maxSize: Int = 100,
    _ fetch: (_ token: String, _ size: Int32) async throws -> (count: Int, next: String)
  ) async throws {
    var rest = all ? Int.max : limit
    var token = pageToken ?? ""
    repeat {
      let page = try await fetch(token, Int32(min(rest, maxSize)))
      rest -= page.count
      token = page.next
    } while rest > 0 && !token.isEmpty
  }
}
