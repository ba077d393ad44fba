package import PatronModel
package import PatronProto
internal import ProtobufC

/// The author of a change in the messages that are stored and sent.
extension PatronModel.Author {
  /// The author as a message; nil if nothing is known, so that the record has no byte of it.
  package var message: PatronProto.Author? {
    guard !isEmpty else { return nil }
    return .with {
      $0.keyID = keyID
      $0.onBehalfOf = onBehalfOf
    }
  }

  /// Reads the author of a stored record, which may have none.
  package init(_ message: PatronProto.Author?) {
    self.init(keyID: message?.keyID ?? "", onBehalfOf: message?.onBehalfOf ?? "")
  }
}

extension PatronProto.Author {
  /// The author as an erasure leaves it: the id of the key, which tells nothing of a person. The
  /// text may name anybody, also the customer.
  package var erased: PatronProto.Author? {
    keyID.isEmpty ? nil : .with { $0.keyID = keyID }
  }
}
