/*
 * libpq: PostgreSQL's client library, loaded when the first address of a database is read.
 *
 * It brings some 25 other libraries (TLS, Kerberos, LDAP …), which cost more at the start of a
 * program than assessing a hundred migrations does; most runs talk to no server. Its functions are
 * called by their own names: each is a pointer here. A function that is not in the list does not
 * link.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_LIBPQ_H
#define DRIVER_ENGINE_POSTGRES_LIBPQ_H

#include "base/error.h"
#include <libpq-fe.h>
#include <stdbool.h>

// Before any other call; again is no work. ERROR_SYSTEM when it is not installed.
MUST_CHECK bool libpq_load(struct error *err);

// clang-format off
#define LIBPQ_FUNCTIONS(F) \
    F(PQbackendPID) F(PQcancel) F(PQclear) F(PQcmdStatus) F(PQconndefaults) F(PQconnectPoll)       \
    F(PQconnectStartParams) F(PQconninfoFree) F(PQconninfoParse) F(PQconsumeInput) F(PQdb)         \
    F(PQerrorMessage) F(PQfinish) F(PQflush) F(PQfname) F(PQfnumber) F(PQfreeCancel)               \
    F(PQfreemem) F(PQftype) F(PQgetCancel) F(PQgetCopyData) F(PQgetResult) F(PQgetisnull)          \
    F(PQgetlength) F(PQgetvalue) F(PQhost) F(PQhostaddr) F(PQisBusy) F(PQnfields) F(PQntuples)     \
    F(PQparameterStatus) F(PQport) F(PQputCopyEnd) F(PQresultErrorField) F(PQresultErrorMessage)   \
    F(PQresultStatus) F(PQsendQuery) F(PQsendQueryParams) F(PQserverVersion)                       \
    F(PQsetErrorVerbosity) F(PQsetNoticeReceiver) F(PQsetSingleRowMode) F(PQsetnonblocking)        \
    F(PQsocket) F(PQstatus) F(PQtransactionStatus) F(PQuser)
// clang-format on

#define LIBPQ_POINTER(function) __typeof__(function) *function##_pointer;
struct libpq {
    LIBPQ_FUNCTIONS(LIBPQ_POINTER)
};
extern struct libpq libpq;

#define PQbackendPID libpq.PQbackendPID_pointer
#define PQcancel libpq.PQcancel_pointer
#define PQclear libpq.PQclear_pointer
#define PQcmdStatus libpq.PQcmdStatus_pointer
#define PQconndefaults libpq.PQconndefaults_pointer
#define PQconnectPoll libpq.PQconnectPoll_pointer
#define PQconnectStartParams libpq.PQconnectStartParams_pointer
#define PQconninfoFree libpq.PQconninfoFree_pointer
#define PQconninfoParse libpq.PQconninfoParse_pointer
#define PQconsumeInput libpq.PQconsumeInput_pointer
#define PQdb libpq.PQdb_pointer
#define PQerrorMessage libpq.PQerrorMessage_pointer
#define PQfinish libpq.PQfinish_pointer
#define PQflush libpq.PQflush_pointer
#define PQfname libpq.PQfname_pointer
#define PQfnumber libpq.PQfnumber_pointer
#define PQfreeCancel libpq.PQfreeCancel_pointer
#define PQfreemem libpq.PQfreemem_pointer
#define PQftype libpq.PQftype_pointer
#define PQgetCancel libpq.PQgetCancel_pointer
#define PQgetCopyData libpq.PQgetCopyData_pointer
#define PQgetResult libpq.PQgetResult_pointer
#define PQgetisnull libpq.PQgetisnull_pointer
#define PQgetlength libpq.PQgetlength_pointer
#define PQgetvalue libpq.PQgetvalue_pointer
#define PQhost libpq.PQhost_pointer
#define PQhostaddr libpq.PQhostaddr_pointer
#define PQisBusy libpq.PQisBusy_pointer
#define PQnfields libpq.PQnfields_pointer
#define PQntuples libpq.PQntuples_pointer
#define PQparameterStatus libpq.PQparameterStatus_pointer
#define PQport libpq.PQport_pointer
#define PQputCopyEnd libpq.PQputCopyEnd_pointer
#define PQresultErrorField libpq.PQresultErrorField_pointer
#define PQresultErrorMessage libpq.PQresultErrorMessage_pointer
#define PQresultStatus libpq.PQresultStatus_pointer
#define PQsendQuery libpq.PQsendQuery_pointer
#define PQsendQueryParams libpq.PQsendQueryParams_pointer
#define PQserverVersion libpq.PQserverVersion_pointer
#define PQsetErrorVerbosity libpq.PQsetErrorVerbosity_pointer
#define PQsetNoticeReceiver libpq.PQsetNoticeReceiver_pointer
#define PQsetSingleRowMode libpq.PQsetSingleRowMode_pointer
#define PQsetnonblocking libpq.PQsetnonblocking_pointer
#define PQsocket libpq.PQsocket_pointer
#define PQstatus libpq.PQstatus_pointer
#define PQtransactionStatus libpq.PQtransactionStatus_pointer
#define PQuser libpq.PQuser_pointer

#endif
