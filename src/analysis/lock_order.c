/*
 * Lock order: pairs of tables, found by both names.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/lock_order.h"
#include "analysis/name_table.h"

struct lock_orders {
    struct name_table table;
};

struct lock_orders *lock_orders_make(TALLOC_CTX *mem)
{
    struct lock_orders *orders = mem_new(mem, struct lock_orders);
    orders->table = name_table_make(orders, false);
    return orders;
}

const struct lock_order *lock_order_find(const struct lock_orders *orders, const char *first,
                                         const char *then)
{
    return name_table_find(&orders->table, (struct name){first, then});
}

void lock_order_add(struct lock_orders *orders, const char *first, const char *then,
                    const struct statement *statement)
{
    if (lock_order_find(orders, first, then) != NULL)
        return;
    struct lock_order *order = mem_new(orders, struct lock_order);
    *order = (struct lock_order){{first, then}, statement->path, statement->line};
    name_table_put(&orders->table, order);
}
