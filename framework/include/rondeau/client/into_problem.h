// What a call that failed is to the client of the service that made it.
#pragma once

#include <rondeau/client/error.h>
#include <rondeau/response/into_response.h>
#include <rondeau/response/problem.h>
#include <rondeau/schema/operation.h>

/// 504 where the other service took too long, 503 where it is left alone or no connection came free, else 502; 500 where
/// the request could not have been sent anywhere. The detail is the error's message, which is not shown to strangers.
template <>
struct rondeau::IntoProblem<rondeau::client::Error> {
  static Problem into(const client::Error& error);
  static void describe(schema::Operation& operation);
};
