import ArgumentParser
import PatronClient

import enum PatronModel.FilterCatalogue

/// The flags that select customers.
struct FilterFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp("Part of an e-mail address or phone number.", valueName: "text")
  )
  var search: String?

  @Option(
    help: ArgumentHelp(
      """
      Filters of a category, listed by `patron customers filters`: sms=subscribers,suppressed. \
      Filters of one category are joined by OR, categories by AND. Repeatable.
      """,
      valueName: "category=filter,..."
    ),
    completion: FilterArgument.completion,
    transform: { try FilterArgument($0) }
  )
  var filter: [FilterArgument] = []

  /// The filter of a request, or nil to select all customers. A category that is named twice is
  /// sent twice; the server joins its filters.
  var customerFilter: CustomerFilter? {
    guard search != nil || !filter.isEmpty else { return nil }
    return .with {
      $0.query = search ?? ""
      $0.selections = filter.map(\.selection)
    }
  }
}

/// One `--filter`: `category=filter,filter`.
struct FilterArgument: Sendable, Equatable {
  let selection: FilterSelection

  init(_ text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let category = parts[0].trimmingSpace()
    let filters = parts.count == 2 ? Self.values(parts[1]) : []
    guard !category.isEmpty, !filters.isEmpty, filters.allSatisfy({ !$0.isEmpty }) else {
      throw ValidationError(
        "Expected a category and its filters, such as sms=subscribers,suppressed; "
          + "`patron customers filters` lists them."
      )
    }
    selection = .with {
      $0.category = category
      $0.filters = filters
    }
  }

  private static func values(_ text: Substring) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingSpace() }
  }

  /// The completions. Values of dynamic categories are the store's own, so only the category is
  /// offered.
  static var completion: CompletionKind {
    .list(
      FilterCatalogue.categories.flatMap { category in
        category.isDynamic
          ? ["\(category.id)="] : category.filters.map { "\(category.id)=\($0.id)" }
      }
    )
  }

  static var categories: CompletionKind { .list(FilterCatalogue.categories.map(\.id)) }
}

extension StringProtocol {
  /// Returns the text without white space at both ends.
  func trimmingSpace() -> String {
    var text = Substring(self)
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
