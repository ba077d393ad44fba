# Writes the sample data of dev/demo: 200 customers of a coffee roaster, their orders and 3,000
# events, as one JSON message per line for the batch commands of `patron`.
#
#   awk -v folder=DIR -f dev/lib/sample_shop.awk
#
# makes DIR/customers.ndjson, DIR/orders.ndjson and DIR/events.ndjson. Every run writes the same
# bytes, whatever the awk, because random numbers come from the generator below. Addresses are under
# example.com, phone numbers in ranges reserved for fiction.

BEGIN {
  seed = 20250701
  customers = 200
  wanted_events = 3000
  opening = day_number(2024, 7, 1)
  closing = day_number(2025, 6, 30)
  fill_lists()
  write_customers(folder "/customers.ndjson")
  write_orders(folder "/orders.ndjson")
  write_events(folder "/events.ndjson")
}

# --- random numbers: Lehmer's generator, exact in awk's doubles

function random() {
  seed = (seed * 16807) % 2147483647
  return seed / 2147483647
}

function below(limit) { return int(random() * limit) }
function chance(percent) { return random() * 100 < percent }
function between(low, high) { return low + below(high - low + 1) }

# --- time: seconds since 1970, UTC

function day_number(year, month, day,    era, of_era, of_year) {
  if (month <= 2) { year -= 1; month += 12 }
  era = int(year / 400)
  of_era = year - era * 400
  of_year = int((153 * (month - 3) + 2) / 5) + day - 1
  return era * 146097 + of_era * 365 + int(of_era / 4) - int(of_era / 100) + of_year - 719468
}

function timestamp(seconds,    days, rest, z, era, of_era, of_year, year, shifted, month, day) {
  days = int(seconds / 86400)
  rest = seconds - days * 86400
  z = days + 719468
  era = int(z / 146097)
  of_era = z - era * 146097
  of_year = of_era - int(of_era / 1460) + int(of_era / 36524) - int(of_era / 146096)
  year = int(of_year / 365)
  of_year = of_era - (365 * year + int(year / 4) - int(year / 100))
  shifted = int((5 * of_year + 2) / 153)
  day = of_year - int((153 * shifted + 2) / 5) + 1
  month = shifted < 10 ? shifted + 3 : shifted - 9
  year = year + era * 400 + (month <= 2)
  return sprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, \
    int(rest / 3600), int(rest / 60) % 60, rest % 60)
}

# A time of day at which people are awake.
function moment(day) { return day * 86400 + between(7 * 3600, 22 * 3600 - 1) }

# --- JSON

function text(name, value) { return "\"" name "\":\"" value "\"" }
function money(name, cents, currency) {
  return "\"" name "\":{" text("currencyCode", currency) "," text("minorUnits", cents) "}"
}
function string_property(name, value) { return "\"" name "\":{" text("stringValue", value) "}" }
function int_property(name, value) { return "\"" name "\":{" text("int64Value", value) "}" }
function who(i) { return "\"customer\":{" text("externalId", external_id[i]) "}" }

# --- the shop

function fill_lists() {
  first_names = split("Amelia Noah Olivia Liam Emma Lucas Ava Ethan Mia Oscar Isla Leo Grace " \
    "Henry Chloe Jack Freya Arthur Zoe Samuel Nora Felix Lily Hugo Alice Theo Ruby Jonas Clara " \
    "Daniel Maya Adam Ines Victor Elena Simon Louise Marcus Priya Kenji", first_name_of, " ")
  last_names = split("Bennett Carter Dubois Ellis Fischer Garcia Hughes Ingram Jensen Keller " \
    "Laurent Morgan Nolan Okafor Parker Quinn Rossi Sanders Tanaka Underwood Vance Walker Xu " \
    "Young Ziegler Abbott Brooks Castillo Delgado Eriksen Foster Greene Harper Iverson Joshi " \
    "Kaplan Lindqvist Mercer Novak Osborne", last_name_of, " ")
  products = split("Morning Blend 250 g|Harbour Espresso 250 g|Ethiopia Guji 250 g|" \
    "Colombia Huila 250 g|Decaf Sumatra 250 g|Cold Brew Bags|Hand Grinder|Pour-over Kettle|" \
    "Paper Filters 100|Stoneware Mug|Tasting Box|Oat Biscuits", product_name, "|")
  split("MB250 HE250 EG250 CH250 DS250 CBB HGR PKE PF100 MUG TBX OBI", sku, " ")
  split("1190 1290 1590 1490 1390 1650 4900 7900 450 1800 3600 520", price, " ")
  split("US GB FR", country_code, " ")
  split("USD GBP EUR", currency_code, " ")
  split("en en fr", language_code, " ")
  split("Portland,97205,OR|Boston,02116,MA|Austin,78701,TX|Seattle,98101,WA", us_place, "|")
  split("Bristol,BS1 4DJ,|Leeds,LS1 4AP,|York,YO1 7HH,|Bath,BA1 1SU,", gb_place, "|")
  split("Lyon,69002,|Nantes,44000,|Lille,59000,|Bordeaux,33000,", fr_place, "|")
  streets = split("Mill Lane|Harbour Street|Station Road|Orchard Avenue|Chapel Hill|Quay Street", \
    street, "|")
  roasts = split("light medium dark", roast, " ")
  campaigns = split("Autumn Roasts|Black Friday|Advent Tasting|New Year Reset|Spring Harvest|" \
    "Summer Cold Brew", campaign_name, "|")
  split("2024-09-17 2024-11-29 2024-12-03 2025-01-07 2025-04-08 2025-06-10", campaign_date, " ")
  tickets = split("Where is my parcel?|Change my delivery address|The grinder is loud|" \
    "Which roast for a moka pot?|Damaged bag|Invoice needed", ticket_subject, "|")
  reviews = split("Lovely and round|Best espresso at home|A bit too bright for me|" \
    "Arrived fresh|Will buy again|Good, but pricey", review_title, "|")
}

function fictional_phone(i, region) {
  if (region == 1) return sprintf("+1%d55501%02d", 201 + int(i / 100) * 101, i % 100)
  if (region == 2) return sprintf("+447700900%03d", i)
  return sprintf("+3363998%04d", i)
}

function address(i,    parts, place) {
  if (region_of[i] == 1) place = us_place[1 + i % 4]
  if (region_of[i] == 2) place = gb_place[1 + i % 4]
  if (region_of[i] == 3) place = fr_place[1 + i % 4]
  split(place, parts, ",")
  return "{" text("address1", (1 + i % 90) " " street[1 + i % streets]) "," \
    text("city", parts[1]) "," text("zip", parts[2]) "," \
    (parts[3] != "" ? text("provinceCode", parts[3]) "," : "") \
    text("countryCode", country_code[region_of[i]]) "}"
}

function write_customers(file,    i, line, first, last, tags) {
  for (i = 1; i <= customers; i++) {
    region_of[i] = chance(60) ? 1 : chance(65) ? 2 : 3
    # Coprime steps through both lists: no name occurs twice.
    first = first_name_of[1 + (i * 7) % first_names]
    last = last_name_of[1 + (i * 11 + int(i / 40)) % last_names]
    external_id[i] = sprintf("shop-%04d", i)
    joined[i] = opening + int(below(300) * below(300) / 300)
    tags = i % 4 == 0 ? "subscriber" : ""
    if (i % 9 == 0) tags = "vip,subscriber"
    if (i % 17 == 0) tags = "wholesale"
    line = "{" text("externalId", external_id[i]) "," \
      text("email", tolower(first "." last) "@example.com") "," \
      text("firstName", first) "," text("lastName", last) "," \
      text("accountCreatedAt", timestamp(moment(joined[i]))) "," \
      text("accountStatus", chance(94) ? "enabled" : "invited") "," \
      text("defaultLanguage", language_code[region_of[i]]) "," \
      text("defaultCurrency", currency_code[region_of[i]]) "," \
      "\"address\":" address(i)
    accepts_email[i] = chance(70)
    has_phone[i] = chance(75)
    accepts_sms[i] = has_phone[i] && chance(55)
    if (has_phone[i]) line = line "," text("phoneNumber", fictional_phone(i, region_of[i]))
    if (tags != "") line = line "," text("tags", tags)
    if (accepts_email[i] || chance(50))
      line = line ",\"acceptsEmailMarketing\":" (accepts_email[i] ? "true" : "false")
    if (has_phone[i]) line = line ",\"acceptsSmsMarketing\":" (accepts_sms[i] ? "true" : "false")
    if (chance(60))
      line = line ",\"customProperties\":{" \
        string_property("favourite_roast", roast[between(1, roasts)]) "," \
        int_property("cups_a_day", between(1, 6)) "}"
    print line "}" > file
  }
  close(file)
}

# Orders are drawn first and then numbered by time, as a shop does.
function write_orders(file,    i, n, k, j, at, order_owner, order_at) {
  n = 0
  for (i = 1; i <= customers; i++) {
    orders_of[i] = chance(15) ? 0 : chance(70) ? between(1, 3) : between(3, 8)
    for (k = 1; k <= orders_of[i]; k++) {
      at = moment(between(joined[i], closing))
      n++
      for (j = n; j > 1 && order_at[j - 1] > at; j--) {
        order_at[j] = order_at[j - 1]
        order_owner[j] = order_owner[j - 1]
      }
      order_at[j] = at
      order_owner[j] = i
    }
  }
  for (k = 1; k <= n; k++) print order(k, order_owner[k], order_at[k]) > file
  close(file)
}

function order(k, i, at,    currency, items, goods, p, count, j, quantity, total, shipping, name) {
  currency = currency_code[region_of[i]]
  count = between(1, 3)
  p = between(1, products)
  items = ""
  goods = 0
  for (j = 1; j <= count; j++) {
    quantity = chance(70) ? 1 : between(2, 4)
    goods += price[p] * quantity
    items = items (j > 1 ? "," : "") "{" text("productId", sku[p]) "," text("sku", sku[p]) "," \
      text("name", product_name[p]) ",\"quantity\":" quantity "," \
      money("total", price[p] * quantity, currency) "}"
    p = p % products + 1
  }
  shipping = goods >= 4000 ? 0 : 490
  total = goods + shipping
  name = 1000 + k
  # The last order of a customer, for events that are about one.
  last_order[i] = "order-" name
  last_order_at[i] = at
  return "{" who(i) ",\"order\":{" text("externalId", "order-" name) "," \
    text("name", "#" name) "," text("placedAt", timestamp(at)) "," \
    money("total", total, currency) "," \
    money("subtotal", goods, currency) "," money("shipping", shipping, currency) "," \
    text("paymentMethod", chance(80) ? "card" : "invoice") "," \
    text("salesChannel", "web") "," \
    order_state(k, at, total, currency) ",\"lineItems\":[" items "]}}"
}

function order_state(k, at, total, currency,    sent) {
  if (k % 23 == 0)
    return text("paymentStatus", "PAYMENT_STATUS_VOIDED") ",\"cancellation\":{" \
      text("cancelledAt", timestamp(at + 7200)) "," \
      text("reason", "customer changed their mind") "}"
  if (at > (closing - 2) * 86400)
    return text("paymentStatus", "PAYMENT_STATUS_PAID") "," \
      text("fulfillmentStatus", "FULFILLMENT_STATUS_UNFULFILLED")
  sent = text("fulfillmentStatus", "FULFILLMENT_STATUS_FULFILLED") ",\"fulfillments\":[{" \
    text("externalId", "parcel-" k) "," text("fulfilledAt", timestamp(at + 93600)) "," \
    text("state", "FULFILLMENT_STATE_SUCCESS") "," text("trackingCompany", "Parcel Post") "," \
    text("trackingNumber", sprintf("PP%08d", 40000 + k * 37)) "}]"
  if (k % 19 == 0)
    return text("paymentStatus", "PAYMENT_STATUS_PARTIALLY_REFUNDED") "," sent ",\"refunds\":[{" \
      text("externalId", "refund-" k) "," text("refundedAt", timestamp(at + 6 * 86400)) "," \
      money("amount", int(total / 2), currency) "," text("reason", "one bag was damaged") "}]"
  return text("paymentStatus", "PAYMENT_STATUS_PAID") "," sent
}

# --- events: small stories, until every customer has the drawn number

function write_events(file,    i, n, left) {
  events_file = file
  written = 0
  for (i = 1; i <= customers; i++) quota[i] = 3
  # The rest goes mostly to a few frequent customers.
  for (left = wanted_events - 3 * customers; left > 0; left--) {
    i = 1 + int(random() * random() * customers)
    quota[1 + (i * 37) % customers]++
  }
  for (i = 1; i <= customers; i++) {
    used = 0
    for (n = 0; used < quota[i]; n++) tell_story(i, moment(between(joined[i], closing)), n)
  }
  close(file)
}

# Writes one event unless the customer has the drawn number already.
function event(i, at, source, type, rest) {
  if (used >= quota[i]) return
  used++
  written++
  print "{" who(i) ",\"event\":{" text("eventId", "sample-" written) "," \
    text("source", "EVENT_SOURCE_" source) "," text("type", type) "," \
    text("occurredAt", timestamp(at)) (rest != "" ? "," rest : "") "}}" > events_file
}

function properties(list) { return "\"properties\":{" list "}" }

function tell_story(i, at, n,    pick) {
  pick = random() * 100
  if (pick < 34) browse(i, at)
  else if (pick < 62 && accepts_email[i]) campaign_mail(i, n)
  else if (pick < 74 && accepts_sms[i]) campaign_text(i, at)
  else if (pick < 82) loyalty(i, at)
  else if (pick < 88 && orders_of[i] > 0) review(i)
  else if (pick < 93) support(i, at)
  else if (pick < 96) survey(i, at)
  else browse(i, at)
}

function browse(i, at,    p, views) {
  p = between(1, products)
  for (views = between(1, 3); views > 0; views--) {
    event(i, at, "ECOMMERCE", "product_viewed", text("title", "Viewed " product_name[p]) "," \
      "\"references\":{" text("productId", sku[p]) "}," \
      properties(string_property("name", product_name[p])))
    at += between(20, 400)
    p = p % products + 1
  }
  if (chance(35))
    event(i, at, "ECOMMERCE", "added_to_cart", \
      text("title", "Put " product_name[p] " in the cart") "," \
      "\"references\":{" text("productId", sku[p]) "}," \
      properties(int_property("quantity", 1)) "," \
      money("amount", price[p], currency_code[region_of[i]]))
}

function campaign_mail(i, n,    c, at, links, date) {
  c = 1 + (i + n) % campaigns
  split(campaign_date[c], date, "-")
  at = day_number(date[1], date[2], date[3]) * 86400 + 8 * 3600 + i
  if (at < (joined[i] + 1) * 86400) return browse(i, moment(between(joined[i], closing)))
  links = "\"channel\":\"CHANNEL_EMAIL\",\"references\":{" text("campaignId", "campaign-" c) "," \
    text("campaignName", campaign_name[c]) "," text("messageId", "mail-" c "-" i) "}"
  event(i, at, "PRODUCT", "email_sent", text("title", campaign_name[c]) "," links "," \
    properties(string_property("subject", campaign_name[c] " from the roastery")))
  if (chance(55)) event(i, at + between(300, 40000), "PRODUCT", "email_opened", links)
  if (chance(20)) event(i, at + between(40001, 50000), "PRODUCT", "email_clicked", links)
}

function campaign_text(i, at,    links) {
  links = "\"channel\":\"CHANNEL_SMS\",\"references\":{" text("messageId", "text-" i "-" used) "}"
  event(i, at, "PRODUCT", "sms_sent", text("title", "Fresh roast today") "," links)
  event(i, at + 4, "PRODUCT", "sms_delivered", links)
  if (chance(25)) event(i, at + between(60, 3000), "PRODUCT", "sms_clicked", links)
}

function loyalty(i, at,    points) {
  if (!(i in member)) {
    member[i] = at
    balance[i] = 0
    event(i, at, "PRODUCT", "loyalty_joined", text("title", "Joined the Bean Club"))
  }
  at = member[i] + between(60, 86400 * 20)
  if (at > closing * 86400) return browse(i, moment(between(joined[i], closing)))
  member[i] = at
  points = between(10, 60)
  balance[i] += points
  event(i, at, "PRODUCT", "points_earned", text("title", points " points earned") "," \
    properties(int_property("points", points) "," int_property("balance_after", balance[i])))
}

function review(i,    p, score) {
  p = between(1, products)
  score = chance(75) ? between(4, 5) : between(2, 3)
  event(i, last_order_at[i] + 8 * 86400, "PRODUCT", "review_request_sent", \
    "\"references\":{" text("orderExternalId", last_order[i]) "}")
  event(i, last_order_at[i] + 9 * 86400 + between(0, 80000), "PRODUCT", "review_created", \
    text("title", score " stars for " product_name[p]) ",\"references\":{" \
    text("productId", sku[p]) "," text("reviewId", "review-" i "-" used) "}," \
    properties(int_property("score", score) "," \
    string_property("title", review_title[between(1, reviews)])))
}

function support(i, at,    subject, id, application) {
  id = "ticket-" i "-" used
  subject = ticket_subject[between(1, tickets)]
  application = text("sourceName", "helpdesk") ","
  event(i, at, "THIRD_PARTY", "ticket_created", application text("title", subject) "," \
    properties(string_property("ticket_id", id) "," string_property("subject", subject)))
  event(i, at + between(1800, 90000), "THIRD_PARTY", "ticket_closed", application \
    text("title", "Ticket closed") "," properties(string_property("ticket_id", id)))
  if (chance(40))
    event(i, at + between(90001, 150000), "THIRD_PARTY", "ticket_rated", application \
      text("title", "Support rated") "," properties(string_property("ticket_id", id) "," \
      int_property("score", between(3, 5))))
}

function survey(i, at,    score) {
  score = between(5, 10)
  event(i, at, "THIRD_PARTY", "nps_answered", text("sourceName", "surveys") "," \
    text("title", "Would recommend us: " score " of 10") "," \
    properties(int_property("score", score)))
}
