import Testing

/// Tests that stores never see each other: every key and every statement begins with the store.
@Suite("SQL of the store")
struct StatementTests {
  static let migrations = Repository.files(ending: ".sql", under: ["Sources/PatronStore"])

  /// Tables that belong to no store, with the reason.
  static let shared = [
    "sequences": "it holds what the stores share: terms, and rows of the search index",
    "secrets": "random keys of the file itself",
    "customer_search": "its tokens begin with a hash of the store",
    "search_rebuild": "there is one search index for all stores",
    "term_rules": "the terms of all stores follow from the same rules",
    "api_keys": "a key is looked up before its store is known",
    "key_names": "a name is looked up before its store is known",
    "stores": "it is the list of stores",
    "audit": "its rows are one chain, which a missing store must not break",
    "audit_anchor": "the chain has one begin",
  ]

  /// Files whose statements read every store, with the reason.
  static let overall = [
    "AllRecords.swift": "`patrond check` looks at the whole file",
    "AllSettings.swift": "the gate knows the limits of all stores",
    "AuditLog.swift": "the rows of all stores are one chain",
    "OldAnswers.swift": "the upkeep finds the stores in which something may have expired",
    "OldMerges.swift": "a server that starts empties what cannot be undone any more",
    "UnfinishedErasures.swift": "a server that starts finishes what was interrupted",
    "SearchInspection.swift": "there is one search index for all stores",
    "SearchRebuild.swift": "there is one search index for all stores",
    "StoreWriter+OrderRebuild.swift": "a new version looks at every order once",
    "PhoneWork.swift": "a new version looks at every phone number once",
    "StoreWriter+TermRebuild.swift": "a new version looks at every record once",
  ]

  static let tables: [(name: String, body: String)] = migrations.flatMap { file in
    file.text.matches(of: #/CREATE (?:VIRTUAL )?TABLE (\w+)([^;]*);/#).map {
      (String($0.output.1), String($0.output.2))
    }
  }
  static let ownedByStores = Set(
    tables.filter { $0.body.contains("store_id") && shared[$0.name] == nil }.map(\.name)
  )

  @Test("Every table belongs to a store, or is known not to")
  func tablesBelongToStores() {
    #expect(Self.ownedByStores.isSuperset(of: ["customers", "events", "orders"]))
    for table in Self.tables where Self.shared[table.name] == nil {
      #expect(
        table.body.contains(#/PRIMARY KEY \(store_id\b/#),
        "\(table.name): the primary key does not begin with store_id"
      )
    }
    for file in Self.migrations {
      for index in file.text.matches(of: #/CREATE (?:UNIQUE )?INDEX (\w+)\s+ON (\w+) \((\w+)/#)
      where Self.shared[String(index.output.2)] == nil {
        #expect(
          index.output.3 == "store_id",
          "\(file): \(index.output.1) does not begin with store_id"
        )
      }
    }
  }

  @Test("Every statement on such a table is bound to a store")
  func statementsNameTheStore() {
    var statements = 0
    for file in Repository.files(ending: ".swift", under: ["Sources/PatronStore"])
    where Self.overall[file.name] == nil {
      for literal in SwiftText(file.text).strings where Self.isStatement(literal.text) {
        statements += 1
        let place = "\(file):\(literal.line + 1)"
        #expect(Self.isBound(literal.text), "\(place): this statement is not bound to a store")
        #expect(
          !literal.text.contains(#/\?(?!\d)|\$\d/#),
          "\(place): parameters are written ?1, ?2, ..."
        )
      }
    }
    #expect(statements >= 20, "only \(statements) statements were found")
  }

  @Test("Bound and unbound statements are told apart")
  func tellsThemApart() {
    #expect(Self.isBound("SELECT body FROM customers WHERE store_id = ?1 AND email = ?2"))
    #expect(!Self.isBound("SELECT store_id, body FROM customers WHERE customer_id = ?1"))
    #expect(!Self.isBound("DELETE FROM events"))
    #expect(!Self.isBound("INSERT INTO orders (id) VALUES (?1)"))
    #expect(Self.isBound("INSERT INTO orders (store_id, id) VALUES (?1, ?2)"))
    #expect(Self.isBound("SELECT count(*) FROM sqlite_schema"))
    #expect(
      Self.isBound("SELECT 1 FROM customer_search s JOIN customers c ON c.store_id = ?1")
    )
    #expect(
      !Self.isBound(
        """
        SELECT a.id FROM events AS a WHERE a.store_id = ?1 AND EXISTS (
          SELECT 1 FROM orders WHERE id = ?2)
        """
      )
    )
    #expect(Self.isBound("UPDATE events SET body = ?2\nWHERE store_id = ?1 AND id = ?3"))
  }

  private static func isStatement(_ text: String) -> Bool {
    text.prefixMatch(of: #/\s*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\s/#) != nil
  }

  /// Returns true if each FROM, JOIN and UPDATE of such a table has a condition on store_id of its
  /// own, and each INSERT has store_id among its columns.
  private static func isBound(_ statement: String) -> Bool {
    let reads = statement.matches(of: #/\b(?:FROM|JOIN|UPDATE)\s+(\w+)/#)
      .filter { ownedByStores.contains(String($0.output.1)) }.count
    let conditions = statement.matches(of: #/store_id\s*(?:=|IN |>)/#).count
    let inserts = statement.matches(of: #/\bINTO\s+(\w+)\s*\(([^)]*)\)/#)
      .filter { ownedByStores.contains(String($0.output.1)) }
    return conditions >= reads && inserts.allSatisfy { $0.output.2.contains("store_id") }
      && !unlistedInsert(statement)
  }

  /// Returns true for an INSERT that does not list its columns.
  private static func unlistedInsert(_ statement: String) -> Bool {
    statement.matches(of: #/\bINTO\s+(\w+)\s+(?:VALUES|SELECT)/#)
      .contains { ownedByStores.contains(String($0.output.1)) }
  }
}
