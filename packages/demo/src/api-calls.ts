/**
 * Calls that show the API, for a shell that has `API`, `OPERATOR` and `MEMBER`; the README has them with their answers.
 * Each sets or uses what stands before it.
 */
export const API_CALLS = `curl -sS -X PUT "$API/v1/shops/s-1" -H "Authorization: Bearer $OPERATOR" -H 'Content-Type: application/json' \\
  -d '{"name":"Seoul Kitchen","currency":"KRW","menus":[{"menuId":"m-1","name":"Bibimbap","price":12000}]}'; echo

ORDER=$(curl -sS -X POST "$API/v1/orders" -H "Authorization: Bearer $MEMBER" -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: my-first-order' -d '{"shopId":"s-1","items":[{"menuId":"m-1","quantity":2}],"note":"Ring twice"}'); echo "$ORDER"

NUMBER=$(echo "$ORDER" | cut -d '"' -f 4)
curl -sS -X POST "$API/v1/orders/$NUMBER/pay" -H "Authorization: Bearer $MEMBER" -H 'If-Match: "1"' -D - -o /dev/null | grep -i '^order-version'

curl -sS "$API/v1/orders/$NUMBER/history" -H "Authorization: Bearer $MEMBER"; echo

curl -sS "$API/v1/members/m-1/orders?atLeast=$NUMBER-2" -H "Authorization: Bearer $MEMBER"; echo

curl -sS "$API/v1/orders/1" -H "Authorization: Bearer $MEMBER"; echo`;
