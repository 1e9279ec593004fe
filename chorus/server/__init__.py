"""The door of Chorus: who may come in, the pages and sockets beside GraphQL, and how it listens."""
