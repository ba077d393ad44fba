import PatronClient

/// The sending of records in as few calls as the server accepts, in order.
enum BatchPieces {
  /// The reason of a request with more bytes than the server's limit.
  private static let tooLarge = "REQUEST_TOO_LARGE"

  /// Sends records in one call, or in halves if the server finds them too large for one. Returns
  /// their results in order. A record that is too large by itself is rejected like a wrong one.
  static func results<Item: Sendable>(
    of items: ArraySlice<Item>,
    _ send: (ArraySlice<Item>) async throws -> [BatchItemResult]
  ) async throws -> [BatchItemResult] {
    do {
      return try await send(items)
    } catch let error as RPCError where error.reason == tooLarge {
      guard items.count > 1 else { return [rejected(error)] }
      let middle = items.startIndex + items.count / 2
      let first = try await results(of: items[..<middle], send)
      return first + (try await results(of: items[middle...], send))
    }
  }

  private static func rejected(_ error: RPCError) -> BatchItemResult {
    .with {
      $0.error = .with {
        $0.code = error.code.rawValue
        $0.message = error.message
        $0.details = error.details.map { detail in
          .with {
            $0.typeURL = detail.typeURL
            $0.value = detail.value
          }
        }
      }
    }
  }
}
