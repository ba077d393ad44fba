internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// A checked request.
  struct TagUpdate: Sendable {
    var store: StoreID
    var batch: Batch<CustomerKey>
    var edit: TagEdit
  }

  /// Checks everything that needs no look at the store.
  static func prepareUpdateTags(_ request: UpdateTagsRequest) throws -> TagUpdate {
    let store = try StoreID.named(request.storeID)
    let edit = try TagEdit(add: request.add, remove: request.remove)
    let batch = try Batch(request.customers, field: "customers") { ref, _ in try ref.key() }
    return TagUpdate(store: store, batch: batch, edit: edit)
  }

  /// Adds and removes tags. Requests wait for each other, so none undoes what another did.
  static func updateTags(
    _ update: TagUpdate,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.store(update.store)
    var violations = Violations()
    let nothing = CustomerDraft(
      CustomerInput(),
      path: "customer",
      defaultCountry: nil,
      now: context.now,
      violations: &violations
    )
    let outcome = try update.batch.apply(in: context) { named in
      let key = try named.resolved(in: writer.read)
      guard let row = try writer.read.customerRow(key, withProvenance: true) else {
        throw try RPCError.customerNotFound(key, in: writer.read)
      }
      var change = CustomerChange(of: nothing, by: .operator)
      change.draft.tags = try update.edit.applied(to: try Customer(stored: row.body).tags)
      let plan = try change.plan(on: row, in: writer.read)
      let result = try change.perform(plan, in: writer, at: context.now)
      return .with {
        $0.outcome = result.outcome
        $0.customerID = row.id
      }
    }
    try response.append(
      UpdateTagsResponse.with {
        $0.results = outcome.results
        $0.counts = outcome.counts
      }
    )
  }
}

/// Tags to add and to remove. Spellings that differ in case only are one tag.
struct TagEdit: Sendable {
  private var added: [String]
  private var removed: Set<String>

  /// Reads comma-separated tags.
  init(add: String, remove: String) throws {
    var violations = Violations()
    func tags(_ field: String, _ text: String) -> [String] {
      violations.check(field) { () throws(RuleError) in
        try TagSet(commaSeparated: text).tags
      } ?? []
    }
    added = tags("add", add)
    removed = Set(tags("remove", remove).map(TagSet.key))
    try violations.finish()
    guard !added.isEmpty || !removed.isEmpty else {
      throw RPCError.invalid(
        "add",
        "TAGS_MISSING",
        "No tags are given: name some in add, in remove, or in both."
      )
    }
    guard !added.contains(where: { removed.contains(TagSet.key($0)) }) else {
      throw RPCError.invalid(
        "remove",
        "TAG_IN_BOTH",
        "A tag is to be added and removed: leave it out of one of them."
      )
    }
  }

  /// What becomes of a customer's tags. A tag that is there keeps its spelling and its place.
  ///
  /// - Throws: `TAGS_TOO_MANY`.
  func applied(to tags: String?) throws -> FieldEdit<String> {
    let old = (tags ?? "").split(separator: ",").map(String.init)
    var new = old.filter { !removed.contains(TagSet.key($0)) }
    let known = Set(new.map(TagSet.key))
    new += added.filter { !known.contains(TagSet.key($0)) }
    if new == old { return .leave }
    if new.isEmpty { return .clear }
    do throws(RuleError) {
      return .set(try TagSet(new).commaSeparated)
    } catch {
      throw RPCError.invalid([Violation(path: "add", error: error)])
    }
  }
}
