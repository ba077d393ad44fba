internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The parts of events, orders, checkouts and the consent ledger that stay when their customer is
/// erased. Each message is built from the parts that may stay: a field that a later version adds is
/// left out until a developer decides about it.

extension EventRow {
  /// The prefix of the identifiers of events whose own identifiers are erased.
  private static let erasedPrefix = EventCheck.reservedPrefix + "erased:"

  /// Returns the event without personal data, or nil when it is erased already.
  package func erased() throws -> EventRow? {
    if eventID.hasPrefix(Self.erasedPrefix) { return nil }
    var row = self
    row.eventID = Self.erasedPrefix + String(id)
    var event = try Event(stored: body).erased
    event.eventID = row.eventID
    row.body = try event.encoded()
    return row
  }
}

extension Event {
  /// The event reduced to type, time and amount. Properties stay if the catalogue knows them as
  /// numbers, times or booleans. Texts go, and all properties from third parties.
  fileprivate var erased: Event {
    let known = PatronModel.EventSource(rawValue: Int(source.rawValue)).flatMap {
      $0 == .thirdParty ? nil : EventCatalogue.type(type, of: $0)
    }
    return .with {
      $0.id = id
      $0.customerID = customerID
      $0.source = source
      $0.sourceName = sourceName
      $0.product = known?.product?.rawValue ?? ""
      $0.type = type
      $0.title = known?.label ?? type
      $0.occurredAt = occurredAt
      $0.recordedAt = recordedAt
      $0.sequence = sequence
      $0.amount = amount
      $0.channel = channel
      $0.actor = actor
      $0.revision = revision
      $0.author = author?.erased
      $0.orderID = orderID
      for field in known?.fields ?? [] where field.place == .property && !field.personal {
        guard let value = properties[field.name], value.isNoText else { continue }
        $0.properties[field.name] = value
      }
      guard let about = references, about.orderExternalID != "" || about.productID != "" else {
        return
      }
      $0.references = .with {
        $0.orderExternalID = about.orderExternalID
        $0.productID = about.productID
      }
    }
  }
}

extension PatronProto.PropertyValue {
  fileprivate var isNoText: Bool {
    switch kind {
    case .boolValue, .int64Value, .doubleValue, .timestampValue, .dateValue: true
    case .stringValue, nil: false
    }
  }
}

extension Order {
  /// The order reduced to positions, times and amounts. The shop's identifier stays for its books;
  /// identifiers of refunds and shipments become their numbers.
  package var erased: Order {
    .with {
      $0.id = id
      $0.customerID = customerID
      $0.externalID = externalID
      $0.name = externalID
      $0.placedAt = placedAt
      $0.total = total
      $0.paymentStatus = paymentStatus
      $0.fulfillmentStatus = fulfillmentStatus
      $0.cancellation = cancellation.map { old in .with { $0.cancelledAt = old.cancelledAt } }
      $0.lineItems = lineItems.map(\.erased)
      $0.refunds = refunds.enumerated().map { number, old in
        .with {
          $0.externalID = String(number + 1)
          $0.refundedAt = old.refundedAt
          $0.amount = old.amount
        }
      }
      $0.fulfillments = fulfillments.enumerated().map { number, old in
        .with {
          $0.externalID = String(number + 1)
          $0.fulfilledAt = old.fulfilledAt
          $0.state = old.state
          $0.shipmentStatus = old.shipmentStatus
          $0.occurredAt = old.occurredAt
          $0.items = old.items.map(\.erased)
        }
      }
      $0.subtotal = subtotal
      $0.discount = discount
      $0.shipping = shipping
      $0.tax = tax
      $0.createdAt = createdAt
      $0.updatedAt = updatedAt
      $0.version = version
      $0.paidAt = paidAt
      $0.changedAt = changedAt
      $0.author = author?.erased
    }
  }
}

extension LineItem {
  /// The position reduced to product, quantity and amount.
  fileprivate var erased: LineItem {
    .with {
      $0.productID = productID
      $0.variantID = variantID
      $0.sku = sku
      $0.quantity = quantity
      $0.total = total
    }
  }
}

extension FulfilledItem {
  /// The item reduced to product and quantity, which identify the position too.
  fileprivate var erased: FulfilledItem {
    .with {
      $0.productID = productID
      $0.variantID = variantID
      $0.quantity = quantity
    }
  }
}

extension Checkout {
  /// The checkout reduced to positions, times and amounts, without its token.
  package var erased: Checkout {
    .with {
      $0.startedAt = startedAt
      $0.abandonedAt = abandonedAt
      $0.completedAt = completedAt
      $0.total = total
      $0.lineItems = lineItems.map(\.erased)
      $0.orderExternalID = orderExternalID
    }
  }
}

extension ConsentRecord {
  /// Returns the proof of a change of state: its time, kind and actor, and the key of its author;
  /// its source, unless everything is purged. The reporter of a suppression is not proof of
  /// anything.
  package func erased(_ mode: ErasureMode) -> ConsentRecord {
    .with {
      $0.id = id
      $0.customerID = customerID
      $0.channel = channel
      $0.topic = topic
      $0.previousState = previousState
      $0.state = state
      $0.occurredAt = occurredAt
      $0.recordedAt = recordedAt
      $0.actor = actor
      $0.optInLevel = optInLevel
      $0.suppressionReason = suppressionReason
      $0.action = action
      // The hash does not reveal the address; it separates proofs of different addresses.
      $0.addressHash = addressHash
      $0.author = author?.erased
      guard let evidence else { return }
      $0.evidence = .with {
        $0.occurredAt = evidence.occurredAt
        $0.expiresAt = evidence.expiresAt
        $0.method = evidence.method
        if mode == .anonymize, suppressionReason == .unspecified {
          $0.source = evidence.source
        }
      }
    }
  }
}
