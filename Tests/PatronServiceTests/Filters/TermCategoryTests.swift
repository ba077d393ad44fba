import PatronModel
import PatronProto
import PatronStore
import ProtoWire
import ProtobufC
import TestKit
import Testing

@testable import PatronCore

/// The categories of filters say themselves which fields their terms come from.
struct TermCategoryTests {
  @Test func everyCategoryOfTheCatalogueHasTerms() {
    #expect(
      CustomerTerms.categories.map(\.filters.id) == FilterCatalogue.categories.map(\.id)
    )
  }

  /// Takes each field of a customer from another one in turn. Whatever changes the terms of a
  /// category must be in its `dependsOn`, and the other way round.
  @Test(arguments: SeededRandom.seeds(1, 2))
  func termsChangeWithTheirFieldsOnly(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var changing: [String: Set<String>] = [:]
    for _ in 0..<400 {
      let customer = RandomMessage(of: Customer.descriptor, &random)
      let other = RandomMessage(of: Customer.descriptor, &random)
      let before = try terms(customer)
      for field in Customer.descriptor.fields {
        var changed = customer
        changed.fields[field.number] = other.fields[field.number]
        let after = try terms(changed)
        for category in CustomerTerms.categories.map(\.filters.id)
        where before[category] != after[category] {
          changing[category, default: []].insert(field.name)
        }
      }
    }
    for category in CustomerTerms.categories {
      #expect(
        changing[category.filters.id] == category.dependsOn,
        "\(category.filters.id), seed \(seed)"
      )
    }
  }

  @Test(arguments: SeededRandom.seeds(3))
  func everyFilterFindsATerm(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var found: [String: Set<Term>] = [:]
    for _ in 0..<2000 {
      let customer = RandomMessage(of: Customer.descriptor, &random)
      for (category, terms) in try terms(customer) {
        found[category, default: []].formUnion(terms)
      }
    }
    for category in FilterCatalogue.categories {
      let terms = found[category.id] ?? []
      for filter in category.filters {
        switch filter.rule {
        case .sameName:
          #expect(terms.contains(Term(category.id, filter.id)), "\(category.id)=\(filter.id)")
        case .anyOf(let values):
          #expect(values.allSatisfy { terms.contains(Term(category.id, $0)) }, "\(filter.id)")
        case .lastDays(_, let hidden), .notInLastDays(_, let hidden), .thisMonth(let hidden):
          #expect(terms.contains { $0.category == hidden }, "\(category.id)=\(filter.id)")
        }
      }
      var known = Set(category.filters.map { $0.rule.hiddenCategory ?? category.id })
      if category.isDynamic { known.insert(category.id) }
      #expect(Set(terms.map(\.category)) == known, "\(category.id)")
    }
  }

  /// The timeline writes terms anew after an event only if the day of the last event has changed.
  @Test(arguments: SeededRandom.seeds(4))
  func aCountedEventChangesOnlyTheLastDay(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<500 {
      var stats = try CustomerStats(RandomMessage(of: Customer.descriptor, &random).encoded)
      let event = try Event(decoding: RandomMessage(of: Event.descriptor, &random).encoded)
      let (day, terms) = (stats.lastEventDay, stats.terms)
      stats.count(event)
      if stats.lastEventDay == day { #expect(stats.terms == terms, "seed \(seed)") }
    }
  }

  /// Returns the terms by category. Facts about addresses are made of the addresses.
  private func terms(_ message: RandomMessage) throws -> [String: [Term]] {
    let customer = try Customer(decoding: message.encoded)
    let addresses = AddressFacts(
      suppressedChannels: Set(
        PatronModel.Channel.allCases.filter {
          ($0 == .sms ? customer.phoneNumber : customer.email) == "de"
        }
      ),
      sharedPhoneDay: customer.phoneNumber.map {
        Int64($0.utf8.count * 100 + (customer.email?.utf8.count ?? 0))
      }
    )
    var found: [String: [Term]] = [:]
    for category in CustomerTerms.categories {
      var terms: [Term] = []
      category.ofRecord(customer, addresses, &terms)
      category.ofStatistics(customer, &terms)
      found[category.filters.id] = terms
    }
    return found
  }
}

/// A message of any type with random fields, each of them encoded by itself.
private struct RandomMessage {
  /// The encoded fields that are present, by number.
  var fields: [UInt32: [UInt8]] = [:]

  private static let texts = [
    "", "de", "enabled", "disabled", "invited", "declined", "vip, gold", "VIP",
  ]

  var encoded: [UInt8] { fields.sorted { $0.key < $1.key }.flatMap(\.value) }

  init(of message: MessageDescriptor, _ random: inout SeededRandom, depth: Int = 0) {
    var chosen: Set<Int> = []
    for field in message.fields {
      // Only one member of a oneof may be present.
      if field.isOneofMember, !chosen.insert(field.quantifierOffset).inserted { continue }
      if depth == 0, random.coin() { continue }
      let count = field.isRepeated && !field.isMap ? 1 + random.below(3) : 1
      var bytes: [UInt8] = []
      for _ in 0..<count { Self.append(field, &random, depth, to: &bytes) }
      fields[field.number] = bytes
    }
  }

  private static func append(
    _ field: FieldDescriptor,
    _ random: inout SeededRandom,
    _ depth: Int,
    to bytes: inout [UInt8]
  ) {
    let number = Int(field.number)
    let small = UInt64(random.coin() ? random.below(3) : random.below(10_000_000))
    switch field.type {
    case .message:
      guard depth < 4, let message = field.message else { return }
      let content = RandomMessage(of: message, &random, depth: depth + 1)
      bytes.appendField(number, bytes: content.encoded)
    case .string, .bytes:
      bytes.appendField(number, text: texts[random.below(texts.count)])
    case .enumeration:
      let values = field.enumeration?.values ?? []
      guard !values.isEmpty else { return }
      bytes.appendField(number, int64: Int64(values[random.below(values.count)].number))
    case .bool:
      bytes.appendField(number, varint: small % 2)
    case .double, .fixed64, .sfixed64:
      bytes.appendField(number, fixed64: small)
    case .float, .fixed32, .sfixed32:
      bytes.appendField(number, fixed32: UInt32(small))
    case .int32, .int64, .sint32, .sint64, .uint32, .uint64:
      bytes.appendField(number, varint: small)
    }
  }
}
