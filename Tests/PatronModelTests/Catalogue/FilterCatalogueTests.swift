import PatronModel
import Testing

@Suite struct FilterCatalogueTests {
  @Test func categoriesAsPublished() {
    let ids = FilterCatalogue.categories.map { category in
      "\(category.id): " + category.filters.map(\.id).joined(separator: " ")
    }
    #expect(
      ids == [
        "sms: subscribers unsubscribed never_subscribed suppressed pending possible_opt_out",
        "email: subscribers unsubscribed never_subscribed suppressed pending",
        "orders: no_orders one_order repeat_customers ordered_last_30_days ordered_last_90_days "
          + "refunded",
        "account: enabled disabled invited declined no_account",
        "contact: has_email has_phone email_only phone_only both shared_phone",
        "birthday: this_month",
        "origin: ecommerce_platform subscription_tool api import event",
        "products: has_reviews loyalty_member no_activity_90_days",
        "tags: ", "country: ", "language: ",
      ]
    )
  }

  @Test func everyFilterIsDescribed() {
    for category in FilterCatalogue.categories {
      #expect(!category.label.isEmpty && category.description.hasSuffix("."))
      #expect(category.isDynamic == ["tags", "country", "language"].contains(category.id))
      for filter in category.filters {
        #expect(!filter.label.isEmpty && filter.description.hasSuffix("."), "\(filter.id)")
        let isOfADay =
          filter.id.hasSuffix("_days") || ["shared_phone", "this_month"].contains(filter.id)
        #expect(filter.rule.movesWithClock == isOfADay, "\(filter.id)")
        #expect(category.filter(filter.id) == filter)
      }
    }
  }

  @Test func spellingsOfAValueAreOne() {
    #expect(FilterCatalogue.tags.key(" VIP ") == FilterCatalogue.tags.key("vip"))
    #expect(FilterCatalogue.country.key("de") == "DE")
    #expect(FilterCatalogue.country.key("nowhere") == "nowhere")
    #expect(FilterCatalogue.language.key("de-CH") == "de")
    #expect(FilterCatalogue.sms.key("Subscribers") == "Subscribers")
  }

  @Test func values() throws {
    func reason(_ category: String, _ filter: String) -> String? {
      do {
        try FilterCatalogue.check(category: category, filter: filter)
        return nil
      } catch {
        return error.reason
      }
    }
    #expect(reason("sms", "subscribers") == nil)
    #expect(reason("tags", "vip") == nil)
    #expect(reason("tags", "") == "FILTER_UNKNOWN")
    #expect(reason("sms", "subscriber") == "FILTER_UNKNOWN")
    #expect(reason("phone", "subscribers") == "FILTER_CATEGORY_UNKNOWN")
    #expect { try FilterCatalogue.check(category: "orders", filter: "many") } throws: {
      ($0 as? RuleError)?.message.contains("repeat_customers") == true
    }
  }
}
