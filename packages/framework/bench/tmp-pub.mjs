import amqplib from "amqplib"; import { randomUUID } from "node:crypto";
import { startRabbitmq } from "@vastify/backends";
const r = await startRabbitmq(); const url = r.url; const m0=await amqplib.connect(url);console.log(m0.connection.serverProperties.version);await m0.close();console.log(url.replace(/:\/\/.*@/,"://"));
const data={id:1,note:"n".repeat(64),active:true};
const propsFull=()=>({ persistent: true, messageId: randomUUID(), contentType: "application/json", timestamp: Math.floor(Date.now()/1000) });
const propsNest=()=>({persistent:true});
const propsTransient=()=>({});
async function variant(name,{conns=1,chans=1,props=propsFull,window=256,body=Buffer.from(JSON.stringify(data)),args={}}){
  const queue="q."+name; const all=[]; const cs=[];
  for(let c=0;c<conns;c++){const model=await amqplib.connect(url,{noDelay:true});cs.push(model);for(let i=0;i<chans;i++)all.push(await model.createConfirmChannel())}
  await all[0].assertQueue(queue,{durable:true,arguments:args});
  return {name, async run(seconds){ await all[0].purgeQueue(queue); const end=performance.now()+seconds*1000;let n=0;const t0=performance.now();const c0=process.cpuUsage();
    await Promise.all(Array.from({length:window},async(_,i)=>{const ch=all[i%all.length];while(performance.now()<end){await new Promise((a,b)=>ch.sendToQueue(queue,body,props(),(e)=>e?b(e):a()));n++}}));
    const cpu=process.cpuUsage(c0); return [n*1000/(performance.now()-t0),(cpu.user+cpu.system)/n]}, close:()=>Promise.all(cs.map(c=>c.close()))};
}
const id=()=>randomUUID().replaceAll("-","");
const vs=[await variant("nest",{props:propsNest,body:Buffer.from(JSON.stringify({pattern:"job",data}))}),
await variant("full",{props:()=>({ persistent: true, messageId: id(), contentType: "application/json", timestamp: Math.floor(Date.now()/1000) })}),
await variant("nots",{props:()=>({ persistent: true, messageId: id(), contentType: "application/json" })}),
await variant("noct",{props:()=>({ persistent: true, messageId: id(), timestamp: Math.floor(Date.now()/1000) })}),
await variant("id",{props:()=>({ persistent: true, messageId: id() })}),
await variant("v2id",{args:{"x-queue-version":2},props:()=>({ persistent: true, messageId: id() })}),await variant("mand",{props:()=>({ persistent: true, mandatory:true, messageId: id(), contentType: "application/json", timestamp: Math.floor(Date.now()/1000) })})].map(v=>v);
vs.at(-1);
const out={};
for(const v of vs)await v.run(0.7);
for(let k=0;k<16;k++)for(const v of k%2?vs:[...vs].reverse()){(out[v.name]??=[]).push(await v.run(0.8))}
const med=a=>[...a].sort((x,y)=>x-y)[a.length>>1];
for(const n in out)console.log(n.padEnd(10),med(out[n].map(x=>x[0])).toFixed(0),"cpu µs",med(out[n].map(x=>x[1])).toFixed(1),"ratio to nest",med(out[n].map((x,i)=>x[0]/out.nest[i][0])).toFixed(2));
for(const v of vs)await v.close(); await r.stop();
