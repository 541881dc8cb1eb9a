-- One for each service, which makes its tables by itself.
create database conduit;
create database jobs;
create database chat;
