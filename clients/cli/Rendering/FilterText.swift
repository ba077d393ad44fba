import PatronClient

/// Filters and their counts.
enum FilterText {
  /// Returns a table of all filters.
  static func table(_ response: ListFiltersResponse, width: Int, style: Style) -> String {
    var table = TextTable([
      .init(title: "filter"), .init(title: "label", least: 8), .init(title: "has", least: 12),
    ])
    for category in response.categories {
      if category.dynamic {
        table.add(["\(category.id)=...", category.label, "Any value that the store uses."])
      }
      for filter in category.filters {
        table.add(["\(category.id)=\(filter.id)", filter.label, filter.description])
      }
    }
    return table.text(width: width, style: style)
  }

  /// Returns all filters as CSV.
  static func csv(_ response: ListFiltersResponse) -> String {
    var text = CSVText.line(["category", "filter", "label", "description"])
    for category in response.categories {
      if category.dynamic { text += CSVText.line([category.id, "", category.label, ""]) }
      for filter in category.filters {
        text += CSVText.line([category.id, filter.id, filter.label, filter.description])
      }
    }
    return text
  }

  /// Returns counts as CSV: the total, then one row per filter.
  static func csv(_ response: CountCustomersResponse) -> String {
    var text = CSVText.line(["category", "filter", "count"])
    text += CSVText.line(["", "", String(response.total)])
    for facet in response.facets {
      text += CSVText.line([facet.category, facet.filter, String(facet.count)])
    }
    return text
  }

  /// Returns the total and, for each filter, a bar for its share of the total.
  static func bars(_ response: CountCustomersResponse, width: Int, style: Style) -> String {
    var text = style.bold(ValueText.plural(response.total, "customer")) + "\n"
    let names = response.facets.map { SafeText.line($0.filter) }
    let nameWidth = min(names.map(TextWidth.columns).max() ?? 0, max(28, width / 5))
    let counts = response.facets.map { ValueText.count($0.count) }
    let countWidth = counts.map(\.count).max() ?? 0
    // Other columns of a row: the indent, the gaps and the percentage.
    let barWidth = max(8, min(40, width - nameWidth - countWidth - 13))
    var category = ""
    for (index, facet) in response.facets.enumerated() {
      if facet.category != category {
        category = facet.category
        text += "\n" + style.bold(SafeText.line(category)) + "\n"
      }
      let share = share(facet.count, of: response.total)
      let line = [
        TextWidth.fit(names[index], to: nameWidth),
        style.cyan(bar(share, width: barWidth)),
        TextWidth.fit(counts[index], to: countWidth, right: true),
        style.dim(TextWidth.fit(percentage(share, facet.count), to: 5, right: true)),
      ]
      text += "  " + line.joined(separator: "  ") + "\n"
    }
    return text
  }

  private static func share(_ count: Int64, of total: Int64) -> Double {
    total > 0 ? min(1, Double(count) / Double(total)) : 0
  }

  /// Returns a bar in eighths of a column, so that small shares stay visible.
  static func bar(_ share: Double, width: Int) -> String {
    let eighths = Int((share * Double(width * 8)).rounded())
    let shown = share > 0 ? max(1, eighths) : 0
    let full = String(repeating: "█", count: shown / 8)
    let rest = shown % 8 == 0 ? "" : String(Array("▏▎▍▌▋▊▉")[shown % 8 - 1])
    let text = full + rest
    return text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func percentage(_ share: Double, _ count: Int64) -> String {
    let whole = Int((share * 100).rounded())
    if whole == 0 && count > 0 { return "<1%" }
    return "\(whole)%"
  }
}
