// SQL: Database, its verbs, transactions, migrations. A back end's header (rondeau/sqlite/, rondeau/postgres/) opens one.
#pragma once

#include <rondeau/sql/batch.h>
#include <rondeau/sql/codec.h>
#include <rondeau/sql/database.h>
#include <rondeau/sql/error.h>
#include <rondeau/sql/migrations.h>
#include <rondeau/sql/options.h>
#include <rondeau/sql/text.h>
#include <rondeau/sql/transaction.h>
#include <rondeau/sql/types.h>
