# Converts the CDNOW master file into orders: one JSON message per line for
# `patron timeline order --batch`.
#
# A line of the file has a customer id, a day (YYYYMMDD), a number of CDs and an amount in dollars
# with two decimals. The amount is never parsed as a number: removing the point turns its digits
# into cents, so that no floating point is involved.

function stop(what) {
  printf "line %d: %s: %s\n", NR, what, $0 > "/dev/stderr"
  failed = 1
  exit 1
}

function cents(dollars) {
  sub(/\./, "", dollars)
  sub(/^0+/, "", dollars)
  return dollars == "" ? "0" : dollars
}

{ sub(/\r$/, "") }

NR == 1 {
  if ($1 != "customer_id") stop("this is not the CDNOW master file, expected a header line")
  next
}

NF == 0 { next }

NF != 4 { stop("expected four columns") }
$1 !~ /^[0-9][0-9][0-9][0-9][0-9]$/ { stop("expected a customer id of five digits") }
$2 !~ /^[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]$/ { stop("expected a day as YYYYMMDD") }
$3 !~ /^[0-9]+$/ { stop("expected a number of CDs") }
$4 !~ /^[0-9]+\.[0-9][0-9]$/ { stop("expected an amount with two decimals") }

{
  total = "{\"currencyCode\":\"USD\",\"minorUnits\":\"" cents($4) "\"}"
  day = substr($2, 1, 4) "-" substr($2, 5, 2) "-" substr($2, 7, 2)
  printf "{\"customer\":{\"externalId\":\"%s\",\"email\":\"c%s@cdnow.example.com\"},", $1, $1
  printf "\"order\":{\"externalId\":\"cdnow-%d\",\"placedAt\":\"%sT00:00:00Z\",", NR, day
  printf "\"total\":%s,\"lineItems\":[{\"name\":\"CD\",\"quantity\":%s,\"total\":%s}]}}\n", \
    total, $3, total
}

END {
  if (!failed && NR < 2) {
    print "the file holds no purchase" > "/dev/stderr"
    exit 1
  }
}
